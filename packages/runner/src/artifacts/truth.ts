import type { Truth } from '@attribution-bench/contract';
import type { Artifact } from '@attribution-bench/store';
import type { SubsetRule } from '../model/subset-rule.js';
import { arrayOf } from './checked-fields.js';
import type { ArtifactCodec, ArtifactPart } from './codec.js';
import { foreignTruthPart } from './foreign-truth.js';

/** What retraining on subsets came to. */
export interface TruthRows extends Pick<Truth, 'subsets' | 'retrainSeeds' | 'queries' | 'members'> {
  /** [subsets × retrainSeeds × queries] */
  readonly outputs: Float32Array;
  /** Mean training loss of the last epoch, [subsets × retrainSeeds]. */
  readonly losses: Float32Array;
  /** SHA-256 of the parameters of each model, lower-case hex, [subsets × retrainSeeds]. */
  readonly weights: readonly string[];
}

const digestBytes = 32;

export const truthArtifact: ArtifactCodec<TruthRows> = {
  encode({ subsets, retrainSeeds, queries, members, outputs, losses, weights }) {
    const size = members[0].length;
    const flat = new Int32Array(subsets * size);
    for (const [subset, indices] of members.entries()) flat.set(indices, subset * size);
    return {
      arrays: {
        members: { shape: [subsets, size], data: flat },
        outputs: { shape: [subsets, retrainSeeds, queries], data: outputs },
        losses: { shape: [subsets, retrainSeeds], data: losses },
        weights: {
          shape: [subsets, retrainSeeds, digestBytes],
          data: new Uint8Array(Buffer.concat(weights.map((digest) => Buffer.from(digest, 'hex')))),
        },
      },
      metadata: {},
    };
  },
  decode(artifact) {
    const predicted = predictedRows(artifact);
    const rows = [predicted.subsets, predicted.retrainSeeds];
    const digests = Buffer.from(arrayOf(artifact, 'weights', 'uint8', [...rows, digestBytes]).data);
    return {
      ...predicted,
      losses: arrayOf(artifact, 'losses', 'float32', rows).data,
      weights: Array.from({ length: digests.length / digestBytes }, (_, row) =>
        digests.toString('hex', row * digestBytes, (row + 1) * digestBytes),
      ),
    };
  },
};

/** The part that metrics and boards see, of a truth whose rule and task are known. */
export function truthPart(about: SubsetRule & Pick<Truth, 'key' | 'train'>): ArtifactPart<Truth> {
  return { names: ['members', 'outputs'], decode: (artifact) => ({ ...about, ...predictedRows(artifact) }) };
}

/** The same of any truth. @param truth without a rule: one that others published */
export function partOfTruth(
  { key, rule }: { readonly key: string; readonly rule?: SubsetRule },
  train: number,
): ArtifactPart<Truth> {
  return rule === undefined ? foreignTruthPart(key) : truthPart({ key, train, ...rule });
}

function predictedRows(artifact: Artifact): Omit<TruthRows, 'losses' | 'weights'> {
  const outputs = arrayOf(artifact, 'outputs', 'float32', ['subsets', 'retrainSeeds', 'queries']);
  const [subsets, retrainSeeds, queries] = outputs.shape;
  const { shape, data } = arrayOf(artifact, 'members', 'int32', [subsets, 'points']);
  const [, size] = shape;
  return {
    subsets,
    retrainSeeds,
    queries,
    members: Array.from({ length: subsets }, (_, subset) => data.slice(subset * size, (subset + 1) * size)),
    outputs: outputs.data,
  };
}
