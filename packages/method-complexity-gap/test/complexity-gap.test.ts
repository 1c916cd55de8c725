import { describeMethod } from '@attribution-bench/testkit';
import complexityGap from '../src/complexity-gap.js';

describeMethod(complexityGap);
describeMethod(complexityGap, { params: { ratio: 0.5, repeats: 3 } });
