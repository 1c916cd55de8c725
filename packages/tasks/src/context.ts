import {
  BenchError,
  type Checkpoint,
  type GradientRequest,
  type ModelMethodContext,
  type PointSet,
  sizeOf,
  type TaskInfo,
} from '@attribution-bench/contract';
import { baseContext } from './base-context.js';
import type { Normalisation } from './data/normalisation.js';
import type { DataEnvironment, TaskData } from './data/task-data.js';
import { onnxFeatures } from './features/onnx-features.js';
import type { Evaluator } from './passes/evaluator.js';
import { layerMatrices } from './passes/layer-matrices.js';
import type { Likelihood } from './passes/likelihood.js';
import type { Pass, Subject } from './passes/pass.js';
import type { ContextRequest, LoadedCheckpoint, Task } from './task.js';
import type { TaskKindParts } from './task-kind.js';
import type { Replayer } from './training/replay.js';
import type { Unroller } from './training/unrolling.js';

/** Shifted models that are asked in one pass: their activations are in memory together. */
const shiftedAtOnce = 8;

/** What a context is made from. */
export interface ContextParts {
  readonly info: TaskInfo;
  readonly data: TaskData;
  /** Of the data, where they are pixels. */
  readonly normalisation: Normalisation;
  readonly subject: Subject;
  readonly evaluator: Evaluator;
  readonly replay: Replayer;
  readonly likelihood: Likelihood;
  readonly unroll: Unroller;
  readonly train: Task['train'];
  readonly queryTargets: Task['queryTargets'];
  /** For generators. */
  readonly samplingPass?: TaskKindParts['samplingPass'];
  readonly environment: DataEnvironment;
}

/** What a method sees of a task: everything, to be narrowed to what it declares. */
export function createContext(
  {
    info,
    data,
    normalisation,
    subject,
    evaluator,
    replay,
    likelihood,
    unroll,
    train,
    queryTargets,
    samplingPass,
    environment,
  }: ContextParts,
  request: ContextRequest,
): ModelMethodContext {
  const { checkpoints, trajectory, cancel } = request;
  const loaded = new Map<string, LoadedCheckpoint>();
  for (const checkpoint of [...trajectory, ...checkpoints]) loaded.set(checkpoint.id, checkpoint);
  const parametersOf = ({ id }: Checkpoint): Float32Array => {
    const found = loaded.get(id);
    if (found !== undefined) return found.parameters;
    throw new BenchError({
      code: 'METHOD_CHECKPOINT',
      message: `the method names a checkpoint ${JSON.stringify(id)} that it was not given`,
      next: 'use those of ctx.checkpoints or ctx.trajectory',
    });
  };
  const passOf = async (of: PointSet, timesteps: GradientRequest['timesteps']): Promise<Pass> => {
    if (timesteps !== 'sampling') return subject.pass(timesteps);
    if (samplingPass !== undefined && of === 'queries') return samplingPass(cancel);
    throw new BenchError({
      code: 'SAMPLING_PATH',
      place: info.id,
      message: 'only generated queries have time steps at which they were drawn',
      next: 'ask for the time steps "sampling" of the queries of a generator alone',
    });
  };
  return {
    ...baseContext(info, request),
    labels: (of) => (of === 'train' ? data.labels : data.queryLabels).slice(),
    async features({ of, space, checkpoint = checkpoints[0], extractor }) {
      const inputs = of === 'train' ? data.inputs : data.queryInputs;
      const points = of === 'train' ? info.train : info.queries;
      if (space === 'penultimate') return evaluator.penultimate(parametersOf(checkpoint), of, cancel);
      if (space === 'inputs') return { shape: [points, sizeOf(data.inputShape)], data: inputs.slice() };
      if (extractor === undefined) {
        throw new BenchError({
          code: 'FEATURES_FILE',
          message: 'features of an ONNX model were asked for, and no model was named',
          next: 'name an extractor in the request',
        });
      }
      return onnxFeatures(extractor, { inputs, inputShape: data.inputShape, normalisation }, environment, cancel);
    },
    checkpoints: checkpoints.map(handle),
    trajectory: trajectory.map(handle),
    async outputs({ of, checkpoint, output, timesteps, shifts }) {
      const asked = { of, output, pass: await passOf(of, timesteps), cancel };
      const parameters = parametersOf(checkpoint);
      if (shifts === undefined) return (await evaluator.outputs([parameters], asked))[0];
      const models = shiftedModels(parameters, shifts, info.parameters);
      const values = await evaluator.outputs(models, asked, Math.min(models.length, shiftedAtOnce));
      const all = new Float32Array(values.length * values[0].length);
      for (const [model, row] of values.entries()) all.set(row, model * row.length);
      return all;
    },
    parameters: async (checkpoint) => parametersOf(checkpoint).slice(0, info.parameters),
    async *gradients({ of, checkpoint, output, projection, bases, timesteps }) {
      const asked = { of, output, pass: await passOf(of, timesteps), cancel };
      const parameters = parametersOf(checkpoint);
      if (bases !== undefined) yield* evaluator.gradientsInBases(parameters, bases, asked);
      else yield* evaluator.gradients(parameters, projection === undefined ? asked : { ...asked, projection });
    },
    async curvatureProducts({ checkpoint, vectors, kind, points, timesteps }) {
      const pass = await passOf('train', timesteps);
      return evaluator.curvatureProducts({
        parameters: parametersOf(checkpoint),
        vectors,
        pass,
        cancel,
        ...(kind !== undefined && { kind }),
        ...(points !== undefined && { points }),
      });
    },
    layerMatrices: layerMatrices(subject.architecture),
    async *fisherFactors({ checkpoint, references, seed, timesteps }) {
      yield* evaluator.fisherFactors({
        parameters: parametersOf(checkpoint),
        pass: subject.pass(timesteps),
        ...(references === 'sampled' && { sampling: { likelihood, seed } }),
        cancel,
      });
    },
    replay: (asked) => replay(checkpoints[0], asked, cancel),
    unroll: () => unroll(checkpoints[0], cancel),
    async reweighted(weights) {
      const rows = weights.length / info.train;
      if (!Number.isInteger(rows)) {
        throw new BenchError({
          code: 'WEIGHTS_SHAPE',
          message: `${weights.length} weights are not whole rows of ${info.train} training points`,
        });
      }
      const { seed } = checkpoints[0];
      const runs = Array.from({ length: rows }, (_, row) => ({
        seed,
        weights: weights.subarray(row * info.train, (row + 1) * info.train),
      }));
      const models = await train({ runs, cancel });
      const targets = await queryTargets(models.map(({ parameters }) => parameters));
      return Float32Array.from(targets.flatMap((row) => [...row]));
    },
  };
}

/** The models whose parameters are those given, each with a row of `shifts` [models × size] added; statistics stay. */
function shiftedModels(parameters: Float32Array, shifts: Float32Array, size: number): Float32Array[] {
  if (shifts.length === 0 || shifts.length % size !== 0)
    throw new BenchError({
      code: 'OUTPUT_SHIFTS',
      message: `${shifts.length} numbers are not whole rows of ${size} parameters`,
      next: 'give one row of shifts for every model that is asked',
    });
  return Array.from({ length: shifts.length / size }, (_, row) =>
    parameters.map((value, i) => (i < size ? value + shifts[row * size + i] : value)),
  );
}

/** A checkpoint without its parameters: what a method may hold. */
function handle({ id, run, step, epoch, learningRate }: LoadedCheckpoint): Checkpoint {
  return { id, run, step, epoch, learningRate };
}
