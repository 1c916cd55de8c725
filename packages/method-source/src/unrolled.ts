import type { TaskInfo } from '@attribution-bench/contract';
import type { Segment } from './segments.js';

/** What a segment of training does along each eigenvector of its curvature, [p] each. */
export interface Unrolled {
  /** S = exp(-ηK σ): the share of a displacement that is left at its end. */
  readonly passedOn: Float64Array;
  /** (1 - S) / σ: by how much the parameters move in it against a constant gradient of 1. */
  readonly added: Float64Array;
}

/**
 * Bae et al. 2024, section 3.2, with weight decay in σ. Of Adam, a layer's gradient (and with `adam` its decay) counts `gains`
 * times, and the decay of `adamw` once.
 * @param eigenvalues of the curvature of the mean training loss, [p]
 * @param gains by layer
 */
export function unrolled(
  { layers, optimizer, weightDecay = 0 }: Pick<TaskInfo, 'layers' | 'optimizer' | 'weightDecay'>,
  { time }: Pick<Segment, 'time'>,
  eigenvalues: Float64Array,
  gains: ArrayLike<number>,
): Unrolled {
  const decoupled = optimizer === 'adamw';
  const passedOn = new Float64Array(eigenvalues.length);
  const added = new Float64Array(eigenvalues.length);
  for (const [l, { offset, size }] of layers.entries()) {
    const gain = gains[l];
    for (let i = offset; i < offset + size; i++) {
      const rate = decoupled ? gain * eigenvalues[i] + weightDecay : gain * (eigenvalues[i] + weightDecay);
      const exponent = time * rate;
      passedOn[i] = Math.exp(-exponent);
      added[i] = gain * time * (exponent === 0 ? 1 : -Math.expm1(-exponent) / exponent);
    }
  }
  return { passedOn, added };
}
