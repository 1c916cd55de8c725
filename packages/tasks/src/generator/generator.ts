import { BenchError, choices } from '@attribution-bench/contract';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import type { TaskData } from '../data/task-data.js';
import { mean } from '../means.js';
import type { TaskSpec } from '../spec.js';
import type { TaskKindParts } from '../task-kind.js';
import { createReplayer } from '../training/replay.js';
import { samplingOf, samplingSeed } from './generate-queries.js';
import { gaussian } from './likelihood.js';
import { generatorObjective } from './objective.js';
import { generatorReplayable } from './replayable.js';
import { openSampler, type Sampler } from './sampler.js';
import { generatorSubject } from './subject.js';

export function generator(spec: TaskSpec, data: TaskData, engine: Engine): TaskKindParts {
  const { heldout, generated } = spec.queries;
  const subject = generatorSubject(spec, data);
  const objective = generatorObjective(subject, data, spec);
  let sampler: Promise<Sampler> | undefined;
  const opened = (): Promise<Sampler> => {
    sampler ??= openSampler(engine, subject, data.inputShape, samplingOf(spec));
    return sampler;
  };
  return {
    subject,
    objective,
    ...choices('service', {
      replay: createReplayer(engine, generatorReplayable(subject, objective, data)),
      likelihood: gaussian(data),
    }),
    targetPass: subject.targetPass,
    async sanity(evaluator, parameters) {
      const [train] = await evaluator.outputs([parameters], { of: 'train', output: 'loss' });
      const [queries] = await evaluator.outputs([parameters], { of: 'queries', output: 'loss' });
      return {
        trainLoss: mean(train),
        ...(heldout === 0 ? {} : { heldoutLoss: mean(queries.subarray(0, heldout)) }),
        ...(queries.length === heldout ? {} : { generatedLoss: mean(queries.subarray(heldout)) }),
      };
    },
    async generate(parameters, images, cancel) {
      return (await opened()).sample(parameters, images, samplingSeed(spec), cancel);
    },
    async samplingPass(cancel) {
      const { generatingModel } = data;
      if (heldout > 0 || generatingModel === undefined) throw noPath(spec);
      const { path, timesteps } = await opened();
      const images = Array.from({ length: generated }, (_, index) => index);
      return subject.pathPass(await path(generatingModel, images, samplingSeed(spec), cancel), timesteps);
    },
    async release() {
      if (sampler !== undefined) await (await sampler).release();
      sampler = undefined;
    },
  };
}

function noPath({ id, queries: { heldout, generated } }: TaskSpec): BenchError {
  return new BenchError({
    code: 'SAMPLING_PATH',
    place: id,
    message:
      heldout === 0
        ? 'the model that drew the queries is not in the data'
        : `${heldout} of ${heldout + generated} queries are held-out points, which were not drawn by sampling`,
    next: 'explain generated queries alone: queries: { heldout: 0 }',
  });
}
