import { describe, it } from 'vitest';
import { tfjsEngine, tfjsNodeStatus } from '../src/index.js';
import { smoothCases, valueCases } from './support/cases.js';
import { expectSameAs, gradientOf, type KernelCase, named } from './support/compare.js';
import { spatialCases, spatialGradientCases, spatialValueCases } from './support/spatial-cases.js';

const { available } = await tfjsNodeStatus();
const native = await tfjsEngine();
const differentiable = [...smoothCases, ...spatialCases, ...spatialGradientCases];
const all = [...differentiable, ...valueCases, ...spatialValueCases];
/** What the processor kernels of TensorFlow's library do not have. */
const lacking = ['conv2d with channels first', 'dilated conv2d', 'avgPool 3 stride 2 1 of [2,6,4,3]'];
const byName = (cases: readonly KernelCase[]): [string, KernelCase][] =>
  cases.filter(({ name }) => !lacking.includes(name)).map((one) => [one.name, one]);

describe.skipIf(!available)('compiled kernels give what tfjs-node gives', () => {
  it.each(byName(all))('%s', async (_, { fn, operands, tolerance = 2e-6 }) => {
    await expectSameAs(native, (inputs) => named(fn(inputs)), operands, tolerance);
  });

  it.each(byName(differentiable))('gradient of %s', async (_, one) => {
    await expectSameAs(native, gradientOf(one), one.operands, 1e-5);
  });
});
