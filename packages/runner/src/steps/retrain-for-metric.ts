import {
  type CancelSignal,
  deriveSeed,
  hashJson,
  type Json,
  type Retrained,
  type RetrainRequest,
} from '@attribution-bench/contract';
import type { Task, TrainedRun } from '@attribution-bench/tasks';
import { readArtifact, writeArtifact } from '../artifacts/codec.js';
import { digestOf, type MetricRetraining, metricRetrainingArtifact } from '../artifacts/retraining.js';
import type { TaskSource } from '../model/job.js';
import { retrainStep } from './kinds/retrain.js';
import { engineOf } from './open-tasks.js';
import type { StepContext } from './step-context.js';

/**
 * Trains what a metric asks for, request by request. The result is stored under the sets themselves, so that methods
 * which ask for the same sets (every method, where points are left out one at a time) and a run that goes on find it.
 */
export async function retrainForMetric(
  requests: readonly RetrainRequest[],
  source: TaskSource,
  ctx: StepContext,
): Promise<Retrained[]> {
  const { stack } = await ctx.tasks.use(source);
  const total = groupsIn(requests, stack);
  const retrained: Retrained[] = [];
  let done = 0;
  for (const request of requests) {
    const groups = groupsIn([request], stack);
    const progress = (share: number) => ctx.progress((done + share * groups) / total);
    retrained.push({ ...request, ...(await trainedOutputs(request, source, { ...ctx, progress })) });
    done += groups;
  }
  return retrained;
}

/**
 * Share of the training for a metric that does not depend on the scores, so that cells share it.
 * @param requestsFor what the metric asks for with scores of random numbers
 * @param stack models that the task trains at once
 */
export function sharedShare(requestsFor: (seed: number) => readonly RetrainRequest[], stack: number): number {
  const nameOf = ({ members, seed }: RetrainRequest) => hashJson({ members: members.map((set) => [...set]), seed });
  const [one, other] = [requestsFor(1), requestsFor(2)];
  const names = new Set(other.map(nameOf));
  const common = one.filter((request) => names.has(nameOf(request)));
  return groupsIn(common, stack) / groupsIn(one, stack);
}

/** Groups of `stack` models that are trained for requests, the last one of each filled up: what the time grows with. */
function groupsIn(requests: readonly RetrainRequest[], stack: number): number {
  return requests.reduce((sum, { members }) => sum + Math.ceil(members.length / stack), 0);
}

/** What the keys of all retrainings for metrics of a task have in common. */
export async function metricRetrainingParts(source: TaskSource): Promise<Record<string, Json>> {
  return {
    task: source.key,
    dataset: source.dataset.key,
    engine: (await engineOf(source.engine)).id,
    harness: source.harness,
    role: 'metric',
  };
}

async function trainedOutputs(
  { members, seed, generate }: RetrainRequest,
  source: TaskSource,
  { store, tasks, cancel, progress }: StepContext,
): Promise<MetricRetraining> {
  const output = retrainStep.output({
    ...(await metricRetrainingParts(source)),
    members: members.map(digestOf),
    seed,
    generate: generate && [...generate],
    // Kept of every classifier, so that metrics share models whether or not they look at predictions.
    predict: source.spec.kind === 'classifier' || undefined,
  });
  if (await store.isSound(output, Infinity)) return readArtifact(store, output, metricRetrainingArtifact);
  const task = await tasks.use(source);
  const runSeed = deriveSeed(source.spec.seed, source.key, 'metric', 'retrain', seed);
  const trained = await task.train({ runs: members.map((set) => ({ seed: runSeed, members: set })), cancel, progress });
  const models = trained.map(({ parameters }) => parameters);
  const targets = await task.queryTargets(models);
  const right = await task.queryRight?.(models);
  const images = generate && (await drawnImages(task, trained, generate, cancel));
  const retraining = { targets, ...(right && { right }), ...(images && { images }) };
  await writeArtifact(store, output, metricRetrainingArtifact, retraining);
  return retraining;
}

/** The images of each model, [images × dims] each. */
async function drawnImages(
  task: Task,
  trained: readonly TrainedRun[],
  generate: readonly number[],
  cancel: CancelSignal,
): Promise<Float32Array[]> {
  const images: Float32Array[] = [];
  for (const { parameters } of trained)
    images.push((await task.generate?.(parameters, generate, cancel)) ?? new Float32Array());
  return images;
}
