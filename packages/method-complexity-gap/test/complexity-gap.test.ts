import { describeMethod } from '@attribution-bench/testkit';
import complexityGap from '../src/complexity-gap.js';

describeMethod(complexityGap);
describeMethod(complexityGap, { params: { ratio: 1.5, repeats: 3 } });
