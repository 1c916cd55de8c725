import type { NdArray } from '@attribution-bench/contract';
import type { BoardDiagnostic } from '@attribution-bench/leaderboard';
import type { GeneratedSamples } from '@attribution-bench/metrics/generative';
import { z } from 'zod';
import { arrayOf, jsonOf } from './checked-fields.js';
import type { ArtifactCodec, ArtifactPart } from './codec.js';

const diagnostic = z.looseObject({
  id: z.string(),
  title: z.string(),
  group: z.enum(['distance', 'quality', 'memorisation']),
  better: z.enum(['lower', 'higher', 'zero']),
  value: z.number().exactOptional(),
  note: z.string().exactOptional(),
});

/** What the generated queries of a task are like as a whole and, where they are not too many, one by one. */
export interface Diagnosis {
  readonly diagnostics: readonly BoardDiagnostic[];
  readonly samples?: GeneratedSamples;
}

export const diagnosisArtifact: ArtifactCodec<Diagnosis> = {
  encode({ diagnostics, samples }) {
    const arrays: Record<string, NdArray> = {};
    for (const [name, data] of Object.entries(samples ?? {})) arrays[name] = { shape: [data.length], data };
    return { arrays, metadata: { diagnostics: JSON.stringify(diagnostics) } };
  },
  decode(artifact) {
    const diagnostics = boardDiagnostics.decode(artifact);
    if (artifact.arrays.memorisation === undefined) return { diagnostics };
    const memorisation = arrayOf(artifact, 'memorisation', 'float64', ['generated']).data;
    const count = [memorisation.length];
    const samples: GeneratedSamples = {
      memorisation,
      nearestTraining: arrayOf(artifact, 'nearestTraining', 'int32', count).data,
      trainingDistances: arrayOf(artifact, 'trainingDistances', 'float64', count).data,
      heldoutDistances: arrayOf(artifact, 'heldoutDistances', 'float64', count).data,
    };
    return { diagnostics, samples };
  },
};

/** The part that boards show. */
export const boardDiagnostics: ArtifactPart<readonly BoardDiagnostic[]> = {
  names: [],
  decode: (artifact) => jsonOf(artifact, 'diagnostics', z.array(diagnostic)),
};
