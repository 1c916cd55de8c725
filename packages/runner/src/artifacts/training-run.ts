import type { Artifact } from '@attribution-bench/store';
import { z } from 'zod';
import { arrayOf, jsonOf } from './checked-fields.js';
import type { ArtifactCodec, ArtifactPart } from './codec.js';

/** A model along a training run, and where on the way it was kept. */
export interface RunModel {
  /** Training steps and epochs done. */
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
  /** Flat. */
  readonly parameters: Float32Array;
}

/** A training run on the whole training set. */
export interface TrainingRun {
  /** The last one is the final model. */
  readonly models: readonly RunModel[];
  /** Mean training loss of each epoch, [epochs]. */
  readonly losses: Float32Array;
  /** Accuracy and loss by name, given for run 0. */
  readonly sanity?: Readonly<Record<string, number>>;
}

const kept = z.array(z.object({ step: z.number(), epoch: z.number(), learningRate: z.number() })).min(1);

export const runArtifact: ArtifactCodec<TrainingRun> = {
  encode({ models, losses, sanity }) {
    const size = models[0].parameters.length;
    const data = new Float32Array(models.length * size);
    for (const [index, { parameters }] of models.entries()) data.set(parameters, index * size);
    const places = models.map(({ step, epoch, learningRate }) => ({ step, epoch, learningRate }));
    return {
      arrays: {
        models: { shape: [models.length, size], data },
        losses: { shape: [losses.length], data: losses },
      },
      metadata: { places: JSON.stringify(places), ...(sanity && { sanity: JSON.stringify(sanity) }) },
    };
  },
  decode(artifact) {
    const places = jsonOf(artifact, 'places', kept);
    const { shape, data } = arrayOf(artifact, 'models', 'float32', [places.length, 'parameters']);
    const [, size] = shape;
    return {
      models: places.map((place, index) => ({ ...place, parameters: data.slice(index * size, (index + 1) * size) })),
      losses: arrayOf(artifact, 'losses', 'float32', ['epochs']).data,
      ...sanityOf(artifact),
    };
  },
};

/** Accuracy and loss of run 0, nothing of others. */
export const runSanity: ArtifactPart<Readonly<Record<string, number>>> = {
  names: [],
  decode: (artifact) => sanityOf(artifact).sanity ?? {},
};

function sanityOf(artifact: Artifact): Pick<TrainingRun, 'sanity'> {
  if (artifact.metadata.sanity === undefined) return {};
  return { sanity: jsonOf(artifact, 'sanity', z.record(z.string(), z.number())) };
}
