import { trivialStep } from './trivial-step.js';

/** One whose results are files of their own. */
export default trivialStep(import.meta.url, { kind: 'perf-single' });
