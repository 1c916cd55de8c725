import { trivialStep } from './trivial-step.js';

/** One whose results are kept many to a file. */
export default trivialStep(import.meta.url, { kind: 'perf-packed', many: true });
