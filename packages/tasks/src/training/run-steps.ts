import {
  type CancelSignal,
  childSeed,
  type DType,
  type NumericArray,
  type Seed,
  sizeOf,
} from '@attribution-bench/contract';
import type { Program } from '@attribution-bench/onnx';
import { batchOrder, batchWeights, stepsPerEpoch } from './batch-order.js';
import { pointFeeder, sharedPoints, stepsFed } from './batch-points.js';
import { initialState } from './loop-state.js';
import { type Objective, stepNoise } from './objective.js';
import { optimizerOf } from './optimizers/optimizer-of.js';
import { learningRates } from './schedule.js';
import { stepWeights } from './step-weights.js';

export interface Run {
  readonly seed: Seed;
  /** Training rows it sees; all when left out. */
  readonly members?: Int32Array;
  /** What the loss of each training row counts in its batches, [points]; 1 when left out. Of a run that is alone. */
  readonly weights?: Float32Array;
}

/** Consecutive steps that were run in one go. */
export interface Chunk {
  /** Steps [from, to). */
  readonly from: number;
  readonly to: number;
  /** Training rows of each step and model, -1 where padded, [steps × models × batch]. */
  readonly rows: Int32Array;
  readonly learningRates: Float64Array;
  /**
   * What the program was fed: the loop state before the first step, and, until the next chunk, the inputs of each step with a
   * leading step axis.
   */
  readonly state: Readonly<Record<string, NumericArray>>;
  readonly inputs: Readonly<Record<string, NumericArray>>;
  /** The loop state after the last step, and what each step emitted with a leading step axis. */
  readonly outputs: Readonly<Record<string, NumericArray>>;
}

export interface Plan {
  readonly epochSteps: number;
  readonly steps: number;
  /** Weight of each place of each batch of an epoch. */
  readonly weights: Float32Array;
  readonly learningRates: Float64Array;
}

/** The steps of a run with this many members. */
export function planSteps({ recipe }: Objective, members: number): Plan {
  const epochSteps = stepsPerEpoch(members, recipe.batch);
  const steps = epochSteps * recipe.epochs;
  return {
    epochSteps,
    steps,
    weights: batchWeights(members, recipe.batch),
    learningRates: learningRates(recipe, steps),
  };
}

const chunkFlops = 1.5e10;
const chunkBytes = 2 ** 26;

/** How many steps to run between looks at the cancel signal: about a quarter of a second, in bounded memory. */
export function chunkSteps(objective: Objective, models: number, emittedBytes = 0): number {
  const { architecture, recipe } = objective;
  const flops = 6 * models * recipe.batch * architecture.multiplications + 1e6;
  const noiseBytes = Object.values(stepNoise(objective)?.specs ?? {}).reduce(
    (sum, { shape, dtype }) => sum + (dtype === 'uint8' ? 1 : 4) * sizeOf(shape),
    0,
  );
  const bytes = models * (4 * recipe.batch + noiseBytes) + emittedBytes;
  const fed = stepsFed(objective, models, recipe.batch);
  return Math.max(1, Math.min(Math.floor(chunkFlops / flops), Math.floor(chunkBytes / bytes), fed));
}

/**
 * Trains one model per run, all at once, from fresh initial parameters. All randomness comes from the run's seed:
 * initial parameters, batch order and noise, each from a stream of its own.
 * @param program the training graph of `runs.length` models
 * @param stops steps at which a chunk must end, besides the last one
 * @param start where to go on instead: a step, and the loop state before it
 */
export async function* runSteps(
  program: Program,
  objective: Objective,
  runs: readonly Run[],
  request: {
    readonly chunk: number;
    readonly stops?: ReadonlySet<number>;
    readonly start?: { readonly step: number; readonly state: Readonly<Record<string, NumericArray>> };
    readonly cancel: CancelSignal;
  },
): AsyncGenerator<Chunk> {
  const { recipe, points } = objective;
  const shared = { ...sharedPoints(objective), ...objective.shared };
  const feed = pointFeeder(objective);
  const noise = stepNoise(objective);
  const { batch } = recipe;
  const models = runs.length;
  const all = Int32Array.from({ length: points }, (_, row) => row);
  const members = runs.map((run) => run.members ?? all);
  const plan = planSteps(objective, members[0].length);
  const orders = runs.map((run, m) => batchOrder(childSeed(run.seed, 'batch-order'), members[m], batch));
  const seeds = runs.map(({ seed }) => seed);
  const { step: first, state: begun = initialState(objective, seeds) } = request.start ?? { step: 0 };
  const draws = runs.map((run) => noise?.draw(childSeed(run.seed, 'training-noise'), first));
  const { corrections } = optimizerOf(recipe);
  let state = begun;
  let epochRows: Int32Array[] = [];
  for (let step = 0; step < first; step += plan.epochSteps) epochRows = orders.map((next) => next());
  for (let from = first; from < plan.steps; ) {
    request.cancel.throwIfAborted();
    let to = from + 1;
    while (to < plan.steps && to - from < request.chunk && request.stops?.has(to) !== true) to++;
    const count = to - from;
    const rows = new Int32Array(count * models * batch);
    const means = new Float32Array(count * batch);
    const noises = Object.fromEntries(
      Object.entries(noise?.specs ?? {}).map(([name, { shape, dtype }]) => [
        name,
        zerosOf(dtype, count * models * sizeOf(shape)),
      ]),
    );
    for (let step = from; step < to; step++) {
      const inEpoch = step % plan.epochSteps;
      if (inEpoch === 0) epochRows = orders.map((next) => next());
      const places = inEpoch * batch;
      means.set(plan.weights.subarray(places, places + batch), (step - from) * batch);
      for (let m = 0; m < models; m++) {
        const slice = (step - from) * models + m;
        rows.set(epochRows[m].subarray(places, places + batch), slice * batch);
        draws[m]?.(sliceOf(noises, slice, count * models));
      }
    }
    const rates = plan.learningRates.slice(from, to);
    const places = rows.map((row) => Math.max(row, 0));
    const inputs: Record<string, NumericArray> = {
      ...noises,
      ...feed(places),
      rows: places,
      ...stepWeights(objective, means, runs[0].weights && { rows, ofRows: runs[0].weights }),
      lr: Float32Array.from(rates),
      ...(corrections === undefined
        ? {}
        : {
            correction1: biasCorrections(corrections.beta1, from, to),
            correction2: biasCorrections(corrections.beta2, from, to),
          }),
    };
    const outputs = await program.run({ ...state, ...shared, ...inputs });
    yield { from, to, rows, learningRates: rates, state, inputs, outputs };
    state = Object.fromEntries(Object.keys(state).map((name) => [name, outputs[name]]));
    from = to;
  }
}

function zerosOf(dtype: DType, size: number): NumericArray {
  if (dtype === 'uint8') return new Uint8Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
}

function biasCorrections(beta: number, from: number, to: number): Float32Array {
  return Float32Array.from({ length: to - from }, (_, i) => 1 / (1 - beta ** (from + i + 1)));
}

/** Slice `index` of `count` equal slices of each array, as views. */
function sliceOf(
  arrays: Readonly<Record<string, NumericArray>>,
  index: number,
  count: number,
): Record<string, NumericArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const size = array.length / count;
      return [name, array.subarray(index * size, (index + 1) * size)];
    }),
  );
}
