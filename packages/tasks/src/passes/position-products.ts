import type { Program } from '@attribution-bench/onnx';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { paddedRows, rowRanges } from './row-ranges.js';
import type { PositionProducts } from './stream-gradients.js';

const productBytes = 2 ** 22;

/**
 * Batched products, some samples at a time, so that what they are made of stays in the cache.
 * @param kept opens a program once per key
 */
export function positionProducts(
  kept: (key: string, compile: () => Promise<Program>) => Promise<Program>,
  engine: Engine,
): PositionProducts {
  return async (input, delta, { samples, positions, width, outputs }, into) => {
    const atOnce = Math.max(1, Math.floor(productBytes / (4 * (width * outputs + positions * (width + outputs)))));
    const program = await kept(`products ${atOnce} ${positions} ${width} ${outputs}`, () =>
      engine.program(({ input: a, delta: d }) => ({ gradients: tf.matMul(a, d, true) }), {
        input: { shape: [atOnce, positions, width], dtype: 'float32' },
        delta: { shape: [atOnce, positions, outputs], dtype: 'float32' },
      }),
    );
    for (const { start, count } of rowRanges(samples, atOnce)) {
      const { gradients } = await program.run({
        input: paddedRows(input(start, count), positions * width, 0, count, atOnce),
        delta: paddedRows(delta, positions * outputs, start, count, atOnce),
      });
      into.set(gradients.subarray(0, count * width * outputs), start * width * outputs);
    }
  };
}
