import { deriveSeed, type FullMethodContext } from '@attribution-bench/contract';
import { openTask, prepareData, resolveTask, type Task } from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';

const gridSeed = 1;
export const neverCancelled = { aborted: false, throwIfAborted() {} } as const;

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
export function mnistLike(train: number): Readonly<Record<string, unknown>> {
  return {
    id: 'mnist-like',
    data: { use: 'synthetic', train, queries: 100, classes: 10, dims: 784 },
    model: { use: 'mlp', hidden: [128], epochs: 2, batch: 64, lr: 0.01 },
  };
}

export async function openMeasured(raw: Readonly<Record<string, unknown>>): Promise<Task> {
  const resolved = resolveTask(raw, gridSeed);
  if (!resolved.ok) throw new Error(resolved.problems.map(({ message }) => message).join('; '));
  const data = await prepareData(resolved.spec, { cacheFolder: '', offline: true, log() {} });
  return openTask(resolved.spec, data, onnxEngine);
}

/** Trains one model and gives what a method would see of it. */
export async function contextOf(task: Task): Promise<FullMethodContext> {
  const seed = deriveSeed(gridSeed, task.info.id, 'checkpoint', 0);
  const [run] = await task.train({ runs: [{ seed }], snapshots: 1, cancel: neverCancelled });
  const [snapshot] = run.snapshots;
  return task.context({
    checkpoints: [{ ...snapshot, id: 'final', run: 0, seed }],
    trajectory: [],
    scope: deriveSeed(gridSeed, 'perf', 'method'),
    cancel: neverCancelled,
    progress() {},
    log() {},
  });
}
