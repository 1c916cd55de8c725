import type { FisherFactors, LayerMatrix } from '@attribution-bench/contract';
import { momentKinds, type SecondMoment, secondMomentSum } from './second-moment.js';

/**
 * How the positions at which a layer is used share in its factors (Eschenhagen et al. 2023): `expand` treats each as a sample
 * of its own (for convolutions KFC, Grosse and Martens 2016), `reduce` averages the inputs and sums the deltas of a sample.
 */
export type PositionSharing = 'expand' | 'reduce';

/** The Fisher block of a layer is close to input ⊗ delta, in the order of the layer's flat parameters. */
export interface KroneckerFactors {
  readonly matrix: LayerMatrix;
  readonly input: SecondMoment;
  readonly delta: SecondMoment;
}

/** Sums of the second moments of inputs and deltas of all layers of a model. */
export interface KroneckerSums {
  add(block: FisherFactors): Promise<void>;
  /** Means over the samples so far, layer by layer; what has been given is let go. */
  factors(): AsyncGenerator<KroneckerFactors>;
}

/**
 * The factors A = E[a aᵀ] and S = E[b bᵀ] of the Fisher blocks of a model's layers (Martens and Grosse 2015), with a the input
 * and b the delta of a position, or, with `reduce`, of a sample. Where a layer has R positions, the expectation over samples
 * of their sum is divided by R once, so that A ⊗ S has the size of the block. Embeddings have a diagonal A and are
 * always expanded; a layer whose only input is constant has its whole Fisher block as S, or the diagonal of one
 * of more than 2,048 parameters.
 */
export function createKroneckerSums(matrices: readonly LayerMatrix[], sharing: PositionSharing): KroneckerSums {
  const open = new Map(matrices.map((matrix) => [matrix.layer, layerSums(matrix, sharing)]));
  return {
    async add(block) {
      await open.get(block.matrix.layer)?.add(block);
    },
    async *factors() {
      for (const [layer, sums] of open) {
        open.delete(layer);
        yield sums.factors();
      }
    },
  };
}

interface LayerSums {
  add(block: FisherFactors): Promise<void>;
  factors(): Promise<KroneckerFactors>;
}

function layerSums(matrix: LayerMatrix, sharing: PositionSharing): LayerSums {
  const { width, outputs, inputs } = matrix;
  const kinds = momentKinds(matrix);
  const input = secondMomentSum(kinds.input, width);
  const delta = secondMomentSum(kinds.delta, outputs);
  const expanded = sharing === 'expand' || inputs === 'one-hot';
  let [samples, inputRows] = [0, 0];
  return {
    async add(block) {
      const { positions } = block;
      samples += block.samples;
      inputRows += block.samples * (expanded ? positions : 1);
      const reduced = !expanded && positions > 1;
      await input.add(reduced ? positionSums(block.input, positions, width, 1 / positions) : block.input);
      await delta.add(reduced ? positionSums(block.delta, positions, outputs, 1) : block.delta);
    },
    factors: async () => ({ matrix, input: await input.mean(inputRows), delta: await delta.mean(samples) }),
  };
}

/** Sums over the positions of each sample, times `scale`, [samples × size]. @param rows [samples × positions × size] */
function positionSums(rows: Float32Array, positions: number, size: number, scale: number): Float32Array {
  const sums = new Float32Array(rows.length / positions);
  for (let at = 0, place = 0; at < sums.length; at += size) {
    for (let position = 0; position < positions; position++, place += size) {
      for (let i = 0; i < size; i++) sums[at + i] += scale * rows[place + i];
    }
  }
  return sums;
}
