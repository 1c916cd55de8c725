import { describeMethod } from '@attribution-bench/testkit';
import method from '../src/empirical-influence.js';

const drawnByPlace = 'subsets are drawn by the places of points';

describeMethod(method, { exempt: { permutation: drawnByPlace, duplicates: drawnByPlace } });
