import { BenchError } from '@attribution-bench/contract';
import type { Program } from '@attribution-bench/onnx';
import type { Engine, Tensors } from '@attribution-bench/tfjs-onnx';
import type { Snapshot, TrainedRun, TrainRequest } from '../task.js';
import { yieldedParameters } from './loop-state.js';
import type { Objective } from './objective.js';
import { type Chunk, chunkSteps, planSteps, type Run, runSteps } from './run-steps.js';
import { snapshotEpochs } from './snapshot-epochs.js';
import { trainingSpec, trainingStep } from './training-step.js';

/** Trains models of one objective, a fixed number of them at once. */
export interface Trainer {
  /** As {@link Task.train}. */
  train(request: TrainRequest): Promise<readonly TrainedRun[]>;
  release(): Promise<void>;
}

/** Compiles the training graph of `models` models at once. */
export async function openTrainer(engine: Engine, objective: Objective, models: number): Promise<Trainer> {
  const program = await engine.scan(
    ({ carry, each, shared }) => {
      const step: Tensors = { ...each, ...shared };
      const { carry: next, loss } = trainingStep(objective, carry, step);
      return { carry: next, emit: { loss } };
    },
    trainingSpec(objective, models),
  );
  return {
    async train(request) {
      checkRuns(request.runs, objective.points);
      const trained: TrainedRun[] = [];
      for (let first = 0; first < request.runs.length; first += models) {
        const group = Array.from({ length: models }, (_, m) => {
          const wanted = first + m;
          return request.runs[wanted < request.runs.length ? wanted : first];
        });
        const wanted = Math.min(models, request.runs.length - first);
        const done = await trainGroup(program, objective, group, request, (share) =>
          request.progress?.((first + share * wanted) / request.runs.length),
        );
        trained.push(...done.slice(0, wanted));
      }
      return trained;
    },
    release: () => program.release(),
  };
}

async function trainGroup(
  program: Program,
  objective: Objective,
  runs: readonly Run[],
  { snapshots = 0, cancel }: TrainRequest,
  progress: (share: number) => void,
): Promise<readonly TrainedRun[]> {
  const { recipe, points } = objective;
  const members = runs[0].members?.length ?? points;
  const plan = planSteps(objective, members);
  const epochs = [snapshots].flat().flatMap((count) => snapshotEpochs(recipe.epochs, count));
  const stops = new Map(epochs.map((epoch) => [epoch * plan.epochSteps, epoch]));
  const total = runs[0].weights?.reduce((sum, weight) => sum + weight, 0) ?? members;
  const losses = runs.map(() => new Float64Array(recipe.epochs));
  const kept: Snapshot[][] = runs.map(() => []);
  let final: readonly Float32Array[] = [];
  const chunk = chunkSteps(objective, runs.length);
  for await (const steps of runSteps(program, objective, runs, { chunk, stops: new Set(stops.keys()), cancel })) {
    addLosses(losses, steps, plan.epochSteps, { batch: recipe.batch, members, total });
    progress(steps.to / plan.steps);
    const epoch = stops.get(steps.to);
    if (epoch === undefined && steps.to < plan.steps) continue;
    final = runs.map((_, m) => yieldedParameters(objective, steps.outputs, m));
    const broken = final.flatMap((parameters) => parameters.find((value) => !Number.isFinite(value)) ?? []);
    if (broken.length > 0) throw diverged('a parameter', broken[0], Math.ceil(steps.to / plan.epochSteps), steps);
    if (epoch === undefined) continue;
    const learningRate = plan.learningRates[steps.to - 1];
    for (const [m, parameters] of final.entries()) {
      kept[m].push({ step: steps.to, epoch, learningRate, parameters });
    }
  }
  return runs.map((_, m) => ({
    parameters: final[m],
    losses: Float32Array.from(losses[m]),
    snapshots: kept[m],
  }));
}

/**
 * Adds each batch's share of its epoch's mean loss; refuses losses that are not finite.
 * @param sizes `total`: what the members count together
 */
function addLosses(
  losses: readonly Float64Array[],
  { from, to, outputs, learningRates }: Chunk,
  epochSteps: number,
  { batch, members, total }: { readonly batch: number; readonly members: number; readonly total: number },
): void {
  const models = losses.length;
  for (let step = from; step < to; step++) {
    const epoch = Math.floor(step / epochSteps);
    const inBatch = Math.min(batch, members - (step % epochSteps) * batch);
    for (let m = 0; m < models; m++) {
      const loss = outputs.loss[(step - from) * models + m];
      if (!Number.isFinite(loss)) throw diverged('the loss', loss, epoch + 1, { learningRates });
      losses[m][epoch] += (loss * inBatch) / total;
    }
  }
}

function diverged(what: string, value: number, epoch: number, chunk: Pick<Chunk, 'learningRates'>): BenchError {
  const peak = Math.max(...chunk.learningRates);
  return new BenchError({
    code: 'TRAINING_DIVERGED',
    message: `training diverged: ${what} is ${value} in epoch ${epoch} at learning rate ${Number(peak.toPrecision(3))}`,
    next: 'lower model.lr, or add model.warmup (e.g. 0.1), or train with adam',
  });
}

function checkRuns(runs: readonly Run[], points: number): void {
  const sizes = new Set(runs.map(({ members }) => members?.length ?? points));
  if (sizes.size > 1) throw new RangeError(`runs of one request have ${[...sizes].join(' and ')} members`);
  if (sizes.has(0)) throw new RangeError('a run has no members');
  for (const { members, weights } of runs) if (weights !== undefined) checkWeights(weights, members, points);
}

function checkWeights(weights: Float32Array, members: Run['members'], points: number): void {
  if (members !== undefined) throw new RangeError('a run has members and weights');
  if (weights.length !== points) throw new RangeError(`a run has ${weights.length} weights for ${points} points`);
  if (!weights.every((weight) => Number.isFinite(weight) && weight >= 0))
    throw new RangeError('a run has a weight that is negative or not finite');
  if (!weights.some((weight) => weight > 0)) throw new RangeError('a run has no points that count');
}
