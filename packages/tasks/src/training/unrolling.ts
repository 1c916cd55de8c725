import {
  type CancelSignal,
  type NumericArray,
  type Seed,
  sizeOf,
  type UnrolledStep,
} from '@attribution-bench/contract';
import type { TensorSpecs } from '@attribution-bench/onnx';
import type { Engine, ScanBody } from '@attribution-bench/tfjs-onnx';
import { modelVectors } from '../nn/architecture/vectors.js';
import type { Pass, Subject } from '../passes/pass.js';
import { rowRanges } from '../passes/row-ranges.js';
import { compileTargetSlopes, runTargetSlopes } from '../passes/target-slopes.js';
import { sharedPoints } from './batch-points.js';
import { yieldedName, yieldedParameters } from './loop-state.js';
import type { Objective } from './objective.js';
import { checkReplayed } from './replay-mismatch.js';
import { adjointName, byWeight, reversedSpec, reversedStep } from './reversed-step.js';
import { type Chunk, planSteps, runSteps } from './run-steps.js';
import { trainingSpec, trainingStep } from './training-step.js';

type Arrays = Readonly<Record<string, NumericArray>>;

/** What training is unrolled with: the queries, as a pass through the network. */
export interface Unrollable {
  readonly subject: Subject;
  readonly objective: Objective;
  /** The pass that the target is defined by. */
  readonly targetPass: Pass;
}

/** The training run of a model on all points. */
export interface TrainedOn {
  readonly seed: Seed;
  readonly parameters: Float32Array;
}

export type Unroller = (run: TrainedOn, cancel: CancelSignal) => AsyncIterable<UnrolledStep>;

/**
 * Differentiates the target of every query through a whole training run, in reverse (REPLAY of Engstrom et al. 2025):
 * training is done once more and the loop state kept every √T of its T steps; then, from the last stretch between two such
 * states to the first, its steps are done again, all their states are kept, and the adjoints of all queries are carried
 * back through them. Memory: 2 √T states and one adjoint a query, of which 256 MiB are held at a time.
 * @throws BenchError REPLAY_MISMATCH when training again ends in another model
 */
export function createUnroller(engine: Engine, unrollable: Unrollable): Unroller {
  const { subject, objective } = unrollable;
  const shared = { ...sharedPoints(objective), ...objective.shared };
  return async function* unroll(run, cancel) {
    const { steps } = planSteps(objective, objective.points);
    const chunk = Math.ceil(Math.sqrt(steps));
    const queries = subject.count('queries');
    const atOnce = queriesAtOnce(unrollable);
    const forwards = await engine.scan(keepingStates(objective), trainingSpec(objective, 1));
    const backwards = await engine.scan(reversedStep(objective, atOnce), reversedSpec(objective, atOnce));
    try {
      const starts: { step: number; state: Arrays }[] = [];
      let replayed: Float32Array | undefined;
      for await (const { from, state, outputs } of runSteps(forwards, objective, [run], { chunk, cancel })) {
        starts.unshift({ step: from, state });
        replayed = yieldedParameters(objective, outputs, 0);
      }
      checkReplayed(replayed, run.parameters);
      const slopes = await targetSlopes(engine, unrollable, run.parameters, atOnce, cancel);
      const blocks = [...rowRanges(slopes.length, groupsAtOnce(objective, atOnce))];
      for (const { start: firstGroup, count } of blocks) {
        const adjoints: Arrays[] = slopes
          .slice(firstGroup, firstGroup + count)
          .map((slope) => finalAdjoints(objective, slope, atOnce));
        for (const start of starts) {
          const stretch = await firstOf(runSteps(forwards, objective, [run], { chunk, start, cancel }));
          const reversed = reversedFeeds(stretch);
          for (const [g, adjoint] of adjoints.entries()) {
            cancel.throwIfAborted();
            const outputs = await backwards.run({ ...shared, ...reversed, ...adjoint });
            adjoints[g] = Object.fromEntries(Object.keys(adjoint).map((name) => [name, outputs[name]]));
            const firstQuery = (firstGroup + g) * atOnce;
            const rows = Math.min(atOnce, queries - firstQuery);
            yield* stepsOf(stretch, outputs[byWeight] as Float32Array, { firstQuery, rows, atOnce });
          }
        }
      }
    } finally {
      await forwards.release();
      await backwards.release();
    }
  };
}

const adjointBytes = 2 ** 28;
const groupBytes = 2 ** 24;
const mostAtOnce = 32;

/**
 * Queries that one graph carries back at once, in groups of one size: more than one where models stack, and few enough that
 * the activations and states of all are within some multiples of 16 MiB.
 */
function queriesAtOnce({ subject, objective }: Unrollable): number {
  const { network, architecture } = subject;
  if (!network.stackable || architecture.statistics.length > 0) return 1;
  const { batch } = objective.recipe;
  const bytes = 4 * (stateSize(trainingSpec(objective, 1).carry) + batch * architecture.activations);
  const most = Math.max(1, Math.min(mostAtOnce, Math.floor(groupBytes / bytes)));
  const queries = subject.count('queries');
  return Math.ceil(queries / Math.ceil(queries / most));
}

/** Groups of queries whose adjoints are held at once; with more queries the stretches are done again for each block. */
function groupsAtOnce(objective: Objective, atOnce: number): number {
  return Math.max(1, Math.floor(adjointBytes / (4 * stateSize(reversedSpec(objective, atOnce).carry))));
}

function stateSize(specs: TensorSpecs): number {
  return Object.values(specs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

const keptName = (array: string): string => `${array}:before`;

/** A step of training that emits the loop state before it. */
function keepingStates(objective: Objective): ScanBody {
  return ({ carry, each, shared }) => ({
    carry: trainingStep(objective, carry, { ...each, ...shared }).carry,
    emit: Object.fromEntries(Object.entries(carry).map(([name, value]) => [keptName(name), value])),
  });
}

/** Derivatives of the targets by the vectors of the final model, one record a group of queries. */
async function targetSlopes(
  engine: Engine,
  { subject, targetPass }: Unrollable,
  parameters: Float32Array,
  atOnce: number,
  cancel: CancelSignal,
): Promise<Record<string, Float32Array>[]> {
  const target = subject.outputFunction('target');
  const program = await compileTargetSlopes(engine, subject, targetPass, target, atOnce);
  try {
    return await runTargetSlopes(program, subject, targetPass, { parameters, atOnce, cancel });
  } finally {
    await program.release();
  }
}

/** Adjoints of the state after the last step: what training yields is part of it, the moving average where it keeps one. */
function finalAdjoints(
  objective: Objective,
  slopes: Readonly<Record<string, Float32Array>>,
  queries: number,
): Record<string, Float32Array> {
  const { carry } = reversedSpec(objective, queries);
  const adjoints = Object.fromEntries(
    Object.entries(carry).map(([name, { shape }]) => [name, new Float32Array(sizeOf(shape))]),
  );
  for (const { name } of modelVectors(objective.architecture))
    adjoints[adjointName(yieldedName(objective, name))].set(slopes[name]);
  return adjoints;
}

/** The loop's inputs of a stretch, last step first: the state before each step, and what the step was fed. */
function reversedFeeds({ from, to, state, inputs, outputs }: Chunk): Arrays {
  const count = to - from;
  const states = Object.keys(state).map((name) => [name, reversed(outputs[keptName(name)], count)]);
  return Object.fromEntries([
    ...states,
    ...Object.entries(inputs).map(([name, values]) => [name, reversed(values, count)]),
  ]);
}

/** An array with its `count` equal slices in reverse order. */
function reversed(values: NumericArray, count: number): NumericArray {
  const size = values.length / count;
  const turned = values.slice();
  for (let i = 0; i < count; i++)
    turned.set(values.subarray(i * size, (i + 1) * size) as Float32Array, (count - 1 - i) * size);
  return turned;
}

/** The steps of a stretch, the last one first. */
function* stepsOf(
  { from, to, rows: points }: Chunk,
  byWeight: Float32Array,
  group: { readonly firstQuery: number; readonly rows: number; readonly atOnce: number },
): Generator<UnrolledStep> {
  const { firstQuery, rows, atOnce } = group;
  const batch = points.length / (to - from);
  for (let step = to - 1; step >= from; step--) {
    const slice = (to - 1 - step) * atOnce * batch;
    yield {
      step,
      batch: points.subarray((step - from) * batch, (step - from + 1) * batch),
      firstQuery,
      byWeight: byWeight.subarray(slice, slice + rows * batch),
    };
  }
}

async function firstOf<T>(stream: AsyncGenerator<T>): Promise<T> {
  for await (const value of stream) return value;
  throw new RangeError('an empty stream has no first value');
}
