import type { TaskInfo } from '@attribution-bench/contract';
import { z } from 'zod';
import { countOf, jsonOf } from './checked-fields.js';
import type { ArtifactCodec } from './codec.js';

/** What has to be known of a task before anything is computed for it. */
export interface TaskDescription {
  readonly info: TaskInfo;
  /** Models that it trains at once. */
  readonly stack: number;
  /** Kinds of layers that its network is written with. */
  readonly layers: readonly string[];
}

const count = z.int().min(0);

const taskInfo: z.ZodType<TaskInfo> = z.looseObject({
  id: z.string(),
  kind: z.enum(['classifier', 'regressor', 'generator']),
  target: z.string(),
  train: count,
  queries: count,
  generated: count.exactOptional(),
  parameters: count,
  layers: z.array(z.looseObject({ name: z.string(), kind: z.string(), offset: count, size: count })),
  inputShape: z.array(count),
  classes: count,
  diffusionSteps: count,
  epochs: count,
  batch: count,
  optimizer: z.string(),
  momentum: z.number().exactOptional(),
  weightDecay: z.number().exactOptional(),
});

export const descriptionArtifact: ArtifactCodec<TaskDescription> = {
  encode: ({ info, stack, layers }) => ({
    arrays: {},
    metadata: { info: JSON.stringify(info), stack: String(stack), layers: JSON.stringify(layers) },
  }),
  decode: (artifact) => ({
    info: jsonOf(artifact, 'info', taskInfo),
    stack: countOf(artifact, 'stack'),
    layers: jsonOf(artifact, 'layers', z.array(z.string())),
  }),
};
