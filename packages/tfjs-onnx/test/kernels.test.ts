import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { compile } from '../src/index.js';
import { smoothCases, valueCases } from './support/cases.js';
import { expectSameAsCpu, gradientOf, type KernelCase, named, specsOf } from './support/compare.js';
import { spatialCases, spatialGradientCases, spatialValueCases } from './support/spatial-cases.js';

const differentiable = [...smoothCases, ...spatialCases, ...spatialGradientCases];
const all = [...differentiable, ...valueCases, ...spatialValueCases];
const byName = (cases: readonly KernelCase[]): [string, KernelCase][] => cases.map((one) => [one.name, one]);

describe('compiled kernels give what the cpu backend gives', () => {
  it.each(byName(all))('%s', async (_, { fn, operands, tolerance = 2e-6 }) => {
    await expectSameAsCpu((inputs) => named(fn(inputs)), operands, tolerance);
  });
});

describe('compiled gradients give what the cpu backend gives', () => {
  it.each(byName(differentiable))('%s', async (_, one) => {
    await expectSameAsCpu(gradientOf(one), one.operands, 1e-5);
  });
});

describe('kernel coverage', () => {
  it('has a case for every kernel that can be compiled', async () => {
    const seen = new Set<string>();
    const kernels = tf.getKernelsForBackend('onnx-recording');
    const originals = kernels.map((kernel) => ({ ...kernel }));
    for (const kernel of kernels) {
      const { kernelFunc, kernelName } = kernel;
      kernel.kernelFunc = (call) => {
        seen.add(kernelName);
        return kernelFunc(call);
      };
    }
    for (const one of all) compile((inputs) => named(one.fn(inputs)), specsOf(one.operands));
    for (const one of differentiable) compile(gradientOf(one), specsOf(one.operands));
    for (const [i, kernel] of kernels.entries()) kernel.kernelFunc = originals[i].kernelFunc;
    const { kernels: compiled } = await import('../src/kernels/index.js');
    const missing = Object.keys(compiled).filter((name) => !seen.has(name));
    expect(missing.join()).toBe('');
  });
});
