import { BenchError, exitCode } from '@attribution-bench/contract';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import type { TaskData } from '../data/task-data.js';
import { mean } from '../means.js';
import type { TaskSpec } from '../spec.js';
import type { TaskKindParts } from '../task-kind.js';
import { samplingOf, samplingSeed } from './generate-queries.js';
import { generatorObjective } from './objective.js';
import { openSampler, type Sampler } from './sampler.js';
import { generatorSubject } from './subject.js';

export function generator(spec: TaskSpec, data: TaskData, engine: Engine): TaskKindParts {
  const { heldout } = spec.queries;
  const subject = generatorSubject(spec, data);
  let sampler: Promise<Sampler> | undefined;
  return {
    subject,
    objective: generatorObjective(subject, data, spec),
    // biome-ignore lint/correctness/useYield: it fails before its first step
    async *replay() {
      throw new BenchError({
        code: 'REPLAY_GENERATOR',
        message: 'the training of a generator cannot be replayed: its loss is of noisy inputs, not of points',
        next: 'use the method on classifier tasks',
        exit: exitCode.cellFailed,
      });
    },
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
      sampler ??= openSampler(engine, subject, data.inputShape, samplingOf(spec));
      return (await sampler).sample(parameters, images, samplingSeed(spec), cancel);
    },
    async release() {
      if (sampler !== undefined) await (await sampler).release();
      sampler = undefined;
    },
  };
}
