import { type NdArray, Rng, sizeOf } from '@attribution-bench/contract';
import type { ArtifactOutput, ArtifactRef, Store } from '@attribution-bench/store';
import { generatedIds } from '@attribution-bench/tasks';
import type { MetricJob, StepJob } from '../model/job.js';
import type { Plan, PlannedTask } from '../model/plan.js';
import { generatedArtifact } from '../steps/generate.js';
import { subsetSize } from '../steps/subset-rule.js';

/** Sees to it that a trial finds what it reads: what is stored already, or something of the same size made up. */
interface StandIns {
  provide(job: StepJob): Promise<void>;
}

const weightScale = 0.05;

/** @param store of the trials, apart from the one with the results */
export function standIns(plan: Plan, results: Store, store: Store): StandIns {
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  const taskOf = (id: string): PlannedTask => plan.tasks.find(({ task }) => task.id === id) as PlannedTask;

  const provideRef = async (ref: ArtifactRef, make: () => Promise<void> | void): Promise<void> => {
    if (await store.has(ref)) return;
    if (await results.has(ref)) await store.copyFrom(results, ref);
    else await make();
  };

  const provideData = async (
    id: string,
    dataset: ArtifactRef,
    generated: ArtifactOutput | undefined,
  ): Promise<void> => {
    await provideRef(dataset, () => undefined);
    if (generated === undefined) return;
    await provideRef(generated, async () => {
      const { inputShape, generated: count = 0, parameters } = taskOf(id).info;
      const artifact = generatedArtifact({
        images: drawn(count * sizeOf(inputShape), 'uniform'),
        labels: new Int32Array(count).fill(-1),
        ids: generatedIds(count),
        model: madeUpParameters(parameters),
      });
      await store.write(generated, artifact);
    });
  };

  /** A model of the same task that was trained in a trial, or made-up parameters. */
  const provideRun = (id: string, ref: ArtifactOutput): Promise<void> =>
    provideRef(ref, async () => {
      const job = steps.get(`train:${ref.key}`)?.job;
      const snapshots = job?.kind === 'train' ? job.snapshots : 1;
      for (const { job: other } of plan.steps) {
        if (other.kind !== 'train' || other.task.spec.id !== id || other.snapshots !== snapshots) continue;
        if (!(await store.has(other.output))) continue;
        const { arrays, metadata } = await store.read(other.output);
        const { made: _, ...about } = metadata;
        return store.write(ref, { arrays, metadata: about });
      }
      const { parameters } = taskOf(id).info;
      const places = Array.from({ length: snapshots }, (_, at) => ({ step: at + 1, epoch: at + 1, learningRate: 0.1 }));
      const data = madeUpParameters(snapshots * parameters);
      await store.write(ref, {
        arrays: { models: { shape: [snapshots, parameters], data }, losses: { shape: [1], data: new Float32Array(1) } },
        metadata: { places: JSON.stringify(places) },
      });
    });

  return {
    async provide(job) {
      if (job.kind === 'diagnose') return provideData(job.spec.id, job.source.dataset, job.source.generated);
      if (job.kind === 'generate') return provideData(job.spec.id, job.dataset, undefined);
      if (job.kind === 'dataset' || job.kind === 'truth') return;
      const { spec, dataset, generated } = job.task;
      await provideData(spec.id, dataset, generated);
      if (job.kind === 'fit' || job.kind === 'score') {
        const { checkpoints, trajectory } = job.method;
        for (const ref of [...checkpoints, ...(trajectory === undefined ? [] : [trajectory])])
          await provideRun(spec.id, ref);
      }
      if (job.kind !== 'metric') return;
      await provideRef(job.scores, () => store.write(job.scores, { arrays: madeUpScores(job), metadata: {} }));
      const { truth } = job;
      if (truth === undefined) return;
      const { task, info } = taskOf(spec.id);
      const { subsets = 0, retrainSeeds = 0 } = task.truth ?? {};
      await provideRef(truth.artifact, async () => {
        const size = subsetSize(truth.rule, info.train);
        const members = new Int32Array(subsets * size);
        const rng = newRng();
        for (let subset = 0; subset < subsets; subset++) members.set(rng.subset(info.train, size), subset * size);
        const outputs = drawn(subsets * retrainSeeds * info.queries, 'normal');
        await store.write(truth.artifact, {
          arrays: {
            members: { shape: [subsets, size], data: members },
            outputs: { shape: [subsets, retrainSeeds, info.queries], data: outputs },
          },
          metadata: {},
        });
      });
    },
  };
}

/** Scores of random numbers. */
export function madeUpScores({ scoreShape, info }: MetricJob, seed = 1): Record<'scores' | 'selfInfluence', NdArray> {
  const shape = scoreShape === 'pairwise' ? [info.queries, info.train] : [info.train];
  return {
    scores: { shape, data: drawn(sizeOf(shape), 'normal', seed) },
    selfInfluence: { shape: [info.train], data: drawn(info.train, 'normal', seed) },
  };
}

function madeUpParameters(count: number): Float32Array {
  return drawn(count, 'normal').map((value) => value * weightScale);
}

function drawn(count: number, how: 'normal' | 'uniform', seed = 1): Float32Array {
  const rng = newRng(seed);
  return Float32Array.from({ length: count }, () => (how === 'normal' ? rng.normal() : 2 * rng.uniform() - 1));
}

function newRng(seed = 1): Rng {
  return new Rng([seed, 2, 3, 4]);
}
