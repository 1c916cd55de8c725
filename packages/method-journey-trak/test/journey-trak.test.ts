import { describeMethod } from '@attribution-bench/testkit';
import method from '../src/journey-trak.js';

describeMethod(method, { params: { projDim: 256 }, generatedOnly: true });
