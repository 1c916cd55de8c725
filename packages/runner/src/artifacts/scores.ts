import type { ScoreShape, TaskInfo } from '@attribution-bench/contract';
import { z } from 'zod';
import { arrayOf, jsonOf, optionalArrayOf, textOf } from './checked-fields.js';
import type { ArtifactCodec, ArtifactPart } from './codec.js';
import { digestOf } from './retraining.js';

/** What a method says of a task. */
export interface Scores {
  /** [queries × train], or [train] of a method that knows no queries. */
  readonly scores: Float32Array;
  /** Influence of each training point on its own target, [train], where a metric wants to know it. */
  readonly selfInfluence?: Float32Array;
  /** What the method noted about them. */
  readonly notes?: readonly string[];
}

/** [queries × train] of pairwise scores, [train] of global ones. */
export function shapeOfScores(shape: ScoreShape, { queries, train }: Pick<TaskInfo, 'queries' | 'train'>): number[] {
  return shape === 'pairwise' ? [queries, train] : [train];
}

/** The scores alone. @param shape of them, see {@link shapeOfScores} */
export function scoresPart(shape: readonly number[]): ArtifactPart<Float32Array> {
  return { names: ['scores'], decode: (artifact) => arrayOf(artifact, 'scores', 'float32', shape).data };
}

/** SHA-256 of the scores, lower-case hex. */
export const scoresDigest: ArtifactPart<string> = { names: [], decode: (artifact) => textOf(artifact, 'digest') };

/** What the method noted about the scores. */
export const scoresNotes: ArtifactPart<readonly string[]> = {
  names: [],
  decode: (artifact) => (artifact.metadata.notes === undefined ? [] : jsonOf(artifact, 'notes', z.array(z.string()))),
};

/** @param shape of the scores, see {@link shapeOfScores} */
export function scoresArtifact(shape: readonly number[]): ArtifactCodec<Scores> {
  const train = shape[shape.length - 1];
  return {
    encode: ({ scores, selfInfluence, notes = [] }) => ({
      arrays: {
        scores: { shape, data: scores },
        ...(selfInfluence && { selfInfluence: { shape: [train], data: selfInfluence } }),
      },
      metadata: {
        digest: digestOf(scores),
        ...(notes.length > 0 && { notes: JSON.stringify(notes) }),
      },
    }),
    decode(artifact) {
      const self = optionalArrayOf(artifact, 'selfInfluence', 'float32', [train]);
      return {
        scores: scoresPart(shape).decode(artifact),
        ...(self && { selfInfluence: self.data }),
        notes: scoresNotes.decode(artifact),
      };
    },
  };
}
