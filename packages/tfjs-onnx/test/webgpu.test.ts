import { type NumericArray, Rng } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { testsAllOfWebgpu, webgpuAvailable } from '../../../test/software-vulkan.js';
import { deviceEngine, onnxEngine, type ScanBody, type ScanSpec, type TensorFunction } from '../src/index.js';
import { smoothCases, valueCases } from './support/cases.js';
import { difference, drawFeeds, gradientOf, type KernelCase, named, runOn, specsOf } from './support/compare.js';
import { spatialCases, spatialGradientCases, spatialValueCases } from './support/spatial-cases.js';

const available = await webgpuAvailable();
const webgpu = deviceEngine('webgpu');

const differentiable = [...smoothCases, ...spatialCases, ...spatialGradientCases];
const kernels: [string, TensorFunction, KernelCase][] = [
  ...[...differentiable, ...valueCases, ...spatialValueCases].map((one): [string, TensorFunction, KernelCase] => [
    one.name,
    (inputs) => named(one.fn(inputs)),
    one,
  ]),
  ...differentiable.map((one): [string, TensorFunction, KernelCase] => [
    `gradient of ${one.name}`,
    gradientOf(one),
    one,
  ]),
];

/** What the provider has no kernels for; these cases must be refused. */
const refused = /^(mod|floorDiv.* int32|topk|isNaN|gather with batch dimensions)/;
/** Vulkan lets drivers be off by 2⁻¹¹ in sines and cosines. */
const rough = /(^|of )(sin|cos|tan|acos)$/;
const toleranceOf = (name: string): number => (rough.test(name) ? 5e-4 : 1e-5);

/** One case of each kind that is written otherwise for WebGPU, since the provider refuses it or computes it wrongly. */
const rewritten = [
  'matMul of stacks, transposed true true',
  'matMul plus a number',
  'selu',
  'pow [2,1,4] [3,1]',
  'round of halves',
  'sign int32',
  'abs int32',
  'relu int32',
  'logical operations',
  'argMax of ties',
  'mirrorPad symmetric',
  'unsortedSegmentSum drops negative segments',
  'topk',
  'gradient of gather rows',
  'gradient of a residual block with group norm and time embedding',
  'gradient of depthwiseConv2d stride 2 same',
  'gradient of maxPool 2 stride 2 same of [2,5,3,3]',
  'gradient of maxPool 3 stride 2 valid of [2,7,7,2]',
];
const chosen = kernels.filter(([name]) => testsAllOfWebgpu || rewritten.includes(name));

describe.skipIf(!available)('kernels on WebGPU give what the processor gives, or are refused', () => {
  it('knows the cases that are written otherwise', () => {
    expect(rewritten.filter((name) => !kernels.some(([other]) => other === name))).toEqual([]);
  });

  const differences: [string, number][] = [];
  it.each(chosen)('%s', async (name, fn, { operands }) => {
    const [specs, feeds] = [specsOf(operands), drawFeeds(operands)];
    if (refused.test(name)) {
      await expect(webgpu.program(fn, specs)).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
      return;
    }
    const expected = await runOn(onnxEngine, fn, specs, feeds);
    const { outputs } = await runOn(webgpu, fn, specs, feeds);
    const worst = Math.max(...Object.keys(expected.outputs).map((y) => difference(outputs[y], expected.outputs[y])));
    differences.push([name, worst]);
    expect(worst).toBeLessThanOrEqual(toleranceOf(name));
  });

  it.runIf(testsAllOfWebgpu)('prints the largest differences', () => {
    const worst = differences.sort(([, a], [, b]) => b - a).slice(0, 20);
    console.log(worst.map(([name, size]) => `${size.toExponential(1)}  ${name}`).join('\n'));
    expect(differences.length).toBeGreaterThan(300);
  });
});

describe.skipIf(!available)('loops on WebGPU', () => {
  const spec: ScanSpec = {
    carry: { w: { shape: [3, 2], dtype: 'float32' }, seen: { shape: [], dtype: 'int32' } },
    each: { rows: { shape: [4], dtype: 'int32' }, mask: { shape: [4], dtype: 'uint8' } },
    shared: { x: { shape: [6, 3], dtype: 'float32' } },
  };
  const body: ScanBody = ({ carry, each, shared }) => {
    const x = tf.gather(shared.x, each.rows as tf.Tensor1D);
    const loss = (w: tf.Tensor) => tf.sum(tf.mul(tf.square(tf.tanh(tf.matMul(x, w as tf.Tensor2D))), 0.5)) as tf.Scalar;
    const gradient = tf.grad(loss)(carry.w);
    const kept = tf.sum(tf.cast(each.mask, 'int32'));
    return {
      carry: { w: tf.sub(carry.w, tf.mul(gradient, 0.3)), seen: tf.add(carry.seen, kept) },
      emit: { loss: loss(carry.w), positive: tf.greater(carry.w, 0) },
    };
  };
  const rng = new Rng([1, 2, 3, 4]);
  const uniform = (length: number): Float32Array => Float32Array.from({ length }, () => 2 * rng.uniform() - 1);
  const feeds = (steps: number): Record<string, NumericArray> => ({
    w: uniform(6),
    seen: Int32Array.of(5),
    rows: Int32Array.from({ length: 4 * steps }, () => rng.below(6)),
    mask: Uint8Array.from({ length: 4 * steps }, () => rng.below(2)),
    x: uniform(18),
  });

  it('give what they give on the processor, whatever the number of steps', async () => {
    const [device, processor] = [await webgpu.scan(body, spec), await onnxEngine.scan(body, spec)];
    expect(device.inputs).toEqual(processor.inputs);
    expect(device.outputs).toEqual(processor.outputs);
    for (const steps of [7, 1]) {
      const fed = feeds(steps);
      const [found, expected] = [await device.run(fed), await processor.run(fed)];
      for (const [name, array] of Object.entries(expected)) {
        expect(found[name].constructor).toBe(array.constructor);
        expect(difference(found[name], array)).toBeLessThan(1e-6);
      }
    }
    await device.release();
    await processor.release();
    await expect(device.run(feeds(1))).rejects.toMatchObject({ code: 'PROGRAM_RELEASED' });
  });

  it('give the same bytes in one go and in parts', async () => {
    const program = await webgpu.scan(body, spec);
    const fed = feeds(7);
    const whole = await program.run(fed);
    const part = (from: number, to: number) => ({
      rows: (fed.rows as Int32Array).slice(4 * from, 4 * to),
      mask: (fed.mask as Uint8Array).slice(4 * from, 4 * to),
    });
    const { w, seen } = await program.run({ ...fed, ...part(0, 3) });
    const second = await program.run({ ...fed, w, seen, ...part(3, 7) });
    expect(second.w).toEqual(whole.w);
    expect(second.loss).toEqual((whole.loss as Float32Array).slice(3));
    await program.release();
  });

  it('name the operators that are refused', async () => {
    const counting: ScanBody = ({ carry, each }) => ({
      carry: { ...carry, seen: tf.floorDiv(carry.seen, tf.sum(each.rows)) },
    });
    await expect(webgpu.scan(counting, spec)).rejects.toMatchObject({
      code: 'DEVICE_REFUSED',
      message: expect.stringMatching(/no webgpu kernel for .*Cast/),
    });
  });
});
