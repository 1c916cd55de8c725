import {
  deriveSeed,
  type ModelMethodContext,
  type ParamSpecs,
  type Params,
  Rng,
  sizeOf,
} from '@attribution-bench/contract';
import {
  declareNetwork,
  type LoadedCheckpoint,
  models,
  openTask,
  prepareData,
  resolveTask,
  type Task,
  type TaskData,
  type TaskSpec,
} from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';

const gridSeed = 1;
export const neverCancelled = { aborted: false, throwIfAborted() {} } as const;

/** All that a task is opened from. */
export interface PreparedTask {
  readonly spec: TaskSpec;
  readonly data: TaskData;
}

/** The tasks that are measured, as a grid file writes them; their data need no files. */
export const measuredTasks = {
  'logistic 64-10': {
    id: 'logistic',
    data: { use: 'digits', train: 900, queries: 100 },
    model: { use: 'logistic', epochs: 20, batch: 64 },
  },
  'mlp 64-32-10': {
    id: 'small-mlp',
    data: { use: 'digits', train: 900, queries: 100 },
    model: { use: 'mlp', hidden: [32], epochs: 20, batch: 64 },
  },
  'mlp 784-128-10': mnistLike(1024),
} as const;

/** A perceptron on points as large as those of MNIST, drawn instead of read. */
function mnistLike(train: number): Readonly<Record<string, unknown>> {
  return {
    id: 'mnist-like',
    data: { use: 'synthetic', train, queries: 100, classes: 10, dims: 784 },
    model: { use: 'mlp', hidden: [128], epochs: 2, batch: 64, lr: 0.01 },
  };
}

export async function openMeasured(raw: Readonly<Record<string, unknown>>): Promise<Task> {
  return openPrepared(await measuredTask(raw));
}

/** What {@link openMeasured} opens. */
export async function measuredTask(raw: Readonly<Record<string, unknown>>): Promise<PreparedTask> {
  const spec = specOf(raw);
  return { spec, data: await prepareData(spec, { cacheFolder: '', offline: true, log() {} }) };
}

export function openPrepared({ spec, data }: PreparedTask): Promise<Task> {
  return openTask(spec, data, onnxEngine);
}

/** A task that is written here, not by a user: it has no problems. */
export function specOf(raw: Readonly<Record<string, unknown>>): TaskSpec {
  const resolved = resolveTask(raw, gridSeed);
  if (resolved.ok) return resolved.spec;
  throw new Error(resolved.problems.map(({ message }) => message).join('; '));
}

/** Trains one model and gives what a method would see of it. */
export async function contextOf(task: Task): Promise<ModelMethodContext> {
  const seed = deriveSeed(gridSeed, task.info.id, 'checkpoint', 0);
  const [run] = await task.train({ runs: [{ seed }], snapshots: 1, cancel: neverCancelled });
  const [snapshot] = run.snapshots;
  return contextAt(task, { ...snapshot, id: 'final', run: 0, seed });
}

export function contextAt(task: Task, checkpoint: LoadedCheckpoint): ModelMethodContext {
  return task.context({
    checkpoints: [checkpoint],
    trajectory: [],
    scope: deriveSeed(gridSeed, 'perf', 'method'),
    cancel: neverCancelled,
    progress() {},
    log() {},
  });
}

/** A task on images drawn at random, `train` of them. */
export function openDrawn(
  model: Readonly<Record<string, unknown>>,
  inputShape: readonly number[],
  train: number,
  queries = 1,
): Promise<Task> {
  return openPrepared(drawnTask(model, inputShape, train, queries));
}

/** What {@link openDrawn} opens. */
export function drawnTask(
  model: Readonly<Record<string, unknown>>,
  inputShape: readonly number[],
  train: number,
  queries = 1,
): PreparedTask {
  const rng = new Rng(deriveSeed(gridSeed, 'perf', 'data'));
  const pixels = (count: number) => Float32Array.from({ length: count * sizeOf(inputShape) }, () => rng.uniform());
  const labels = (count: number) => Int32Array.from({ length: count }, (_, i) => i % 10);
  const names = (count: number) => Array.from({ length: count }, (_, i) => String(i));
  const data = {
    inputs: pixels(train),
    labels: labels(train),
    flipped: new Uint8Array(train),
    queryInputs: pixels(queries),
    queryLabels: labels(queries),
    inputShape,
    classes: 10,
    ids: names(train),
    queryIds: names(queries),
  };
  return { spec: drawnSpec(model, train), data };
}

function drawnSpec(model: Readonly<Record<string, unknown>>, train: number): TaskSpec {
  return specOf({ id: 'drawn', data: { use: 'fashion-mnist', train }, model });
}

/** Multiplications of one image's forward pass through a classifier's model. */
export function multiplicationsOf(
  model: { readonly use: string } & Readonly<Record<string, unknown>>,
  inputShape: readonly number[],
): number {
  const params = drawnSpec(model, 2).model as unknown as Params<ParamSpecs>;
  const network = models[model.use].network(params, { inputShape, outputs: 10 });
  return declareNetwork(network, inputShape).multiplications;
}

/** What a method would see of an untrained model: times do not depend on the parameters. */
export function drawnContext(task: Task): ModelMethodContext {
  const seed = deriveSeed(gridSeed, task.info.id, 'checkpoint', 0);
  const rng = new Rng(seed);
  const parameters = Float32Array.from({ length: task.info.parameters }, () => 0.05 * rng.normal());
  return contextAt(task, { id: 'drawn', run: 0, step: 0, epoch: 0, learningRate: 0, seed, parameters });
}
