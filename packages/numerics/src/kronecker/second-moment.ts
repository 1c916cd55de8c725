import type { LayerMatrix } from '@attribution-bench/contract';
import { createGram } from '../matrices/gram.js';

/** The mean of x xᵀ: symmetric [size × size], or its diagonal alone, [size]. */
export type SecondMoment =
  | { readonly kind: 'full'; readonly matrix: Float64Array }
  | { readonly kind: 'diagonal'; readonly values: Float64Array };

/** Parameters up to which the block of a layer whose gradient is no sum of products is kept whole. */
const largestBlock = 2048;

/** How much of the second moments of a layer's inputs and deltas is kept. */
export function momentKinds({
  inputs,
  outputs,
}: LayerMatrix): Readonly<Record<'input' | 'delta', SecondMoment['kind']>> {
  return {
    input: inputs === 'one-hot' ? 'diagonal' : 'full',
    delta: inputs === 'constant' && outputs > largestBlock ? 'diagonal' : 'full',
  };
}

export interface SecondMomentSum {
  /** @param rows [any number × size] */
  add(rows: Float32Array): Promise<void>;
  /** The sum over all rows, divided by `count`. */
  mean(count: number): Promise<SecondMoment>;
}

export function secondMomentSum(kind: SecondMoment['kind'], size: number): SecondMomentSum {
  return kind === 'full' ? fullSum(size) : diagonalSum(size);
}

function fullSum(size: number): SecondMomentSum {
  const gram = createGram(size, { precision: 'float32' });
  return {
    add: (rows) => gram.add(rows),
    async mean(count) {
      const matrix = await gram.matrix();
      for (let i = 0; i < matrix.length; i++) matrix[i] /= count;
      return { kind: 'full', matrix };
    },
  };
}

function diagonalSum(size: number): SecondMomentSum {
  const sums = new Float64Array(size);
  return {
    async add(rows) {
      for (let start = 0; start < rows.length; start += size) {
        for (let i = 0; i < size; i++) sums[i] += rows[start + i] ** 2;
      }
    },
    mean: async (count) => ({ kind: 'diagonal', values: sums.map((sum) => sum / count) }),
  };
}
