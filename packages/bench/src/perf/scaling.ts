import { deriveSeed, projectionKinds, Rng } from '@attribution-bench/contract';
import { blocksOf, cholesky, kernelMatrix, matmul } from '@attribution-bench/numerics';
import type { Task } from '@attribution-bench/tasks';
import { predictCifar10 } from './cifar10-prediction.js';
import { type Figure, millisecondsOf, secondsOf } from './figures.js';
import { drain } from './gradients.js';
import { drawnContext, neverCancelled, openDrawn } from './tasks.js';

const small = [28, 28, 1];
const cifar = [32, 32, 3];
const seed = [1, 2, 3, 4] as const;
const largestDim = 2048;
const kernelDims = [512, 1024, 2048];
const mostBytes = 2 ** 30;
const mostDrawn = 1_000_000;
const kernelRows = 8192;
const queries = 512;

/** One model to retrain: the same network with more points, the same points with a larger network, larger networks. */
interface Retrained {
  readonly name: string;
  readonly model: Readonly<Record<string, unknown>>;
  readonly inputShape: readonly number[];
  readonly train: number;
}

const mlp = (hidden: number, train: number): Retrained => ({
  name: `mlp 784-${hidden}-10`,
  model: { use: 'mlp', hidden: [hidden], epochs: 1, batch: 64, lr: 0.01 },
  inputShape: small,
  train,
});
const cnn = (train: number): Retrained => ({
  name: 'cnn 16-32',
  model: { use: 'cnn', channels: [16, 32], epochs: 1, batch: 64, lr: 0.01 },
  inputShape: small,
  train,
});
const resnet: Retrained = {
  name: 'resnet9',
  model: { use: 'resnet9', epochs: 1, batch: 64, lr: 0.01 },
  inputShape: cifar,
  train: 256,
};

/**
 * What one retraining, one gradient and one solve cost as points n, parameters p and projected length k grow, on one
 * core, and what follows for CIFAR-10.
 */
export async function measureScaling(): Promise<Figure[]> {
  const retrainings: Figure[] = [];
  for (const kind of [mlp(128, 1000), mlp(128, 16_000), mlp(32, 4000), mlp(512, 4000), cnn(1000), cnn(4000), resnet])
    retrainings.push(await retraining(kind));
  const gradients = [
    ...(await gradientFigures(mlp(128, 1024), [512, 2048])),
    ...(await gradientFigures(resnet, [largestDim])),
  ];
  const solves = await solveFigures();
  return [...retrainings, ...gradients, ...solves, ...predictCifar10(retrainings, gradients, solves)];
}

/** Seconds of an epoch of one model, trained with as many others as one graph holds. */
async function retraining({ name, model, inputShape, train }: Retrained): Promise<Figure> {
  const task = await openDrawn(model, inputShape, train);
  const members = Int32Array.from({ length: train }, (_, i) => i);
  const runs = Array.from({ length: task.stack }, (_, i) => ({
    seed: deriveSeed(1, 'perf', 'checkpoint', i),
    members,
  }));
  const epoch = () => task.train({ runs, cancel: neverCancelled });
  await epoch(); // compiles
  const seconds = (await secondsOf(epoch)) / task.stack;
  const { parameters: p } = task.info;
  await task.release();
  return { what: 'retraining', settings: { model: name, n: train, p }, value: seconds, unit: 's per epoch' };
}

/** Per-sample gradients by kind of projection and projected length. */
async function gradientFigures(
  { name, model, inputShape, train }: Retrained,
  projDims: readonly number[],
): Promise<Figure[]> {
  const task: Task = await openDrawn(model, inputShape, train);
  const context = drawnContext(task);
  const { parameters: p } = task.info;
  const figures: Figure[] = [];
  for (const kind of projectionKinds) {
    if (kind === 'gaussian' && p > mostDrawn) continue; // as rademacher, and minutes of drawing normal numbers
    for (const dim of kind === 'none' ? [p] : projDims) {
      if (4 * dim * train > mostBytes) continue;
      const projection = { kind, dim, seed };
      await drain(context, projection, 'queries'); // compiles
      const seconds = (await millisecondsOf(() => drain(context, projection))) / 1000;
      const settings = { model: name, p, projection: kind, k: dim };
      figures.push({ what: 'gradient', settings, value: (1000 * seconds) / train, unit: 'ms' });
    }
  }
  await task.release();
  return figures;
}

/** The three parts of a ridge regression on k features: kernel of n rows, its factor, scores of q queries. */
async function solveFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const k of kernelDims) {
    const rng = new Rng(seed);
    const phi = Float32Array.from({ length: kernelRows * k }, () => rng.uniform() - 0.5);
    const shape = { points: kernelRows, columns: k, form: 'columns' } as const;
    let kernel: Float64Array = new Float64Array();
    const forming = await millisecondsOf(async () => {
      kernel = await kernelMatrix(blocksOf(phi, k, 1024), shape);
    });
    const factoring = await secondsOf(() => cholesky(kernel, k, { ridge: 1 }));
    const out = new Float32Array(queries * kernelRows);
    const product = { m: queries, k, n: kernelRows, transposeB: true };
    const scoring = await secondsOf(() => matmul(phi.subarray(0, queries * k), phi, product, out));
    figures.push(
      { what: 'kernel', settings: { n: kernelRows, k }, value: forming / 1000, unit: 's' },
      { what: 'factor', settings: { k }, value: factoring, unit: 's' },
      { what: 'scores', settings: { n: kernelRows, k, q: queries }, value: scoring, unit: 's' },
    );
  }
  return figures;
}
