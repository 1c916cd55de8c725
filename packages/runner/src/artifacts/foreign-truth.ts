import type { Truth } from '@attribution-bench/contract';
import { type AboutForeignTruth, type ForeignPoints, type ForeignTruth, runsOf } from '@attribution-bench/exchange';
import { type Artifact, Malformed } from '@attribution-bench/store';
import { z } from 'zod';
import { arrayOf, countOf, jsonArray, jsonArrayOf, jsonOf } from './checked-fields.js';
import type { ArtifactCodec, ArtifactPart } from './codec.js';
import { flatMembers, membersOf } from './flat-members.js';

const about: z.ZodType<AboutForeignTruth> = z.strictObject({
  title: z.string(),
  target: z.string(),
  seeds: z.int().min(1).nullable(),
  single: z.boolean(),
  recipe: z.string().nullable(),
  licence: z.string(),
  source: z.string(),
  cite: z.string().nullable(),
});

/** A truth that others published. */
export const foreignArtifact: ArtifactCodec<ForeignTruth> = {
  encode(truth) {
    const { train, queries, members, outputs } = truth;
    return {
      arrays: {
        ...flatMembers(members),
        outputs: { shape: [members.length, runsOf(truth), queries.count], data: outputs },
        ...(train.ids && { trainIds: jsonArray(train.ids) }),
        ...(queries.ids && { queryIds: jsonArray(queries.ids) }),
      },
      metadata: { about: JSON.stringify(truth.about), train: String(train.count), queries: String(queries.count) },
    };
  },
  decode(artifact) {
    const found = {
      about: jsonOf(artifact, 'about', about),
      train: pointsOf(artifact, 'train', 'trainIds'),
      queries: pointsOf(artifact, 'queries', 'queryIds'),
      members: membersOf(artifact, countOf(artifact, 'train')),
    };
    const outputs = outputsOf(artifact, [found.members.length, runsOf(found), found.queries.count]);
    return { ...found, outputs };
  },
};

/** What metrics and boards see of it. */
export function foreignTruthPart(key: string): ArtifactPart<Truth> {
  return {
    decode(artifact) {
      const truth = foreignArtifact.decode(artifact);
      const { train, queries, members, outputs } = truth;
      const kept = members.reduce((sum, { length }) => sum + length, 0);
      return {
        key,
        subsets: members.length,
        retrainSeeds: runsOf(truth),
        queries: queries.count,
        train: train.count,
        fraction: kept / members.length / train.count,
        members,
        outputs,
      };
    },
  };
}

function pointsOf(artifact: Artifact, name: string, ids: string): ForeignPoints {
  const count = countOf(artifact, name);
  if (artifact.arrays[ids] === undefined) return { count };
  return { count, ids: jsonArrayOf(artifact, ids, z.array(z.string()).length(count)) };
}

function outputsOf(artifact: Artifact, shape: readonly number[]): Float32Array | Float64Array {
  const type = artifact.arrays.outputs?.data instanceof Float64Array ? 'float64' : 'float32';
  const { data } = arrayOf(artifact, 'outputs', type, shape);
  if (data.every(Number.isFinite)) return data;
  throw new Malformed('has outputs that are not finite');
}
