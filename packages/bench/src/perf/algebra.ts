import { Rng } from '@attribution-bench/contract';
import { cholesky, createProjector, matmul } from '@attribution-bench/numerics';
import { type Figure, secondsOf } from './figures.js';

const productSizes = [256, 1024, 2048];
const solveSizes = [512, 1024, 2048];
const giga = 1e9;

/** Parameters of the perceptron on MNIST, and what methods project them to. */
const projected = { p: 101_770, k: 2048, rows: 256 } as const;
const projections = ['rademacher', 'gaussian', 'fjlt', 'sjlt', 'grass'] as const;

/**
 * Matrix products in both precisions, and factoring and solving symmetric systems in float64, as sizes grow; random projections of
 * rows that are there already, and the bare product of their sizes.
 */
export async function measureAlgebra(): Promise<Figure[]> {
  return [...(await productsAndSolves()), ...(await projectionFigures())];
}

async function projectionFigures(): Promise<Figure[]> {
  const { p, k, rows } = projected;
  const gradients = fill(new Float32Array(rows * p));
  const out = new Float32Array(rows * k);
  const figure = (what: string, settings: Figure['settings'], seconds: number): Figure => ({
    what,
    settings,
    value: (1000 * seconds) / rows,
    unit: 'ms a row',
  });
  const figures: Figure[] = [];
  for (const kind of projections) {
    const projector = createProjector({ kind, dim: k, seed: [1, 2, 3, 4] }, p);
    const seconds = await secondsOf(() => projector.project(gradients, 0, out));
    figures.push(figure('projection', { kind, p, k }, seconds));
  }
  const part = Math.floor(p / 32);
  const matrix = new Float32Array(part * k).fill(1);
  const seconds = await secondsOf(() =>
    matmul(gradients.subarray(0, rows * part), matrix, { m: rows, k: part, n: k }, out),
  );
  return [...figures, figure('bare product', { p, k }, (seconds * p) / part)];
}

async function productsAndSolves(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const n of productSizes) {
    for (const [precision, make] of [
      ['float32', (size: number) => new Float32Array(size)],
      ['float64', (size: number) => new Float64Array(size)],
    ] as const) {
      const a = fill(make(n * n));
      const b = fill(make(n * n));
      const out = make(n * n);
      const seconds = await secondsOf(() => matmul(a, b, { m: n, k: n, n }, out));
      figures.push({
        what: 'matrix product',
        settings: { n, precision },
        value: (2 * n ** 3) / seconds / giga,
        unit: 'GFLOP/s',
      });
    }
  }
  for (const n of solveSizes) {
    const rows = fill(new Float64Array(n * n));
    const gram = await matmul(rows, rows, { m: n, k: n, n, transposeB: true });
    const options = { ridge: n };
    const factoring = await secondsOf(() => cholesky(gram, n, options));
    figures.push({ what: 'Cholesky', settings: { n }, value: n ** 3 / 3 / factoring / giga, unit: 'GFLOP/s' });
    const factor = await cholesky(gram, n, options);
    const solving = await secondsOf(() => factor.solve(rows, n));
    figures.push({ what: 'solve', settings: { n, columns: n }, value: (2 * n ** 3) / solving / giga, unit: 'GFLOP/s' });
  }
  return figures;
}

function fill<T extends Float32Array | Float64Array>(array: T): T {
  const rng = new Rng([1, 2, 3, 4]);
  for (let i = 0; i < array.length; i++) array[i] = rng.uniform() - 0.5;
  return array;
}
