import type { FisherFactors, LayerMatrix } from '@attribution-bench/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { createEigenvalueSums } from '../src/kronecker/eigenvalue-sums.js';
import { type KroneckerBasis, kroneckerBasis, kroneckerEigenvalues } from '../src/kronecker/kronecker-basis.js';
import { createKroneckerOperator } from '../src/kronecker/kronecker-operator.js';
import { createKroneckerSums, type KroneckerFactors, type PositionSharing } from '../src/kronecker/kronecker-sums.js';
import { basesOf, storedBases } from '../src/kronecker/stored-bases.js';
import { releaseMatmul } from '../src/matrices/matmul.js';
import { solveSpd } from '../src/solvers/cholesky.js';
import { distanceOf, normals } from './support/matrices.js';

afterAll(releaseMatmul);

const samples = 9;
const matrices: readonly LayerMatrix[] = [
  { layer: 'conv', offset: 0, width: 5, outputs: 3, inputs: 'dense' },
  { layer: 'norm', offset: 15, width: 1, outputs: 4, inputs: 'constant' },
  { layer: 'words', offset: 19, width: 3, outputs: 2, inputs: 'one-hot' },
  { layer: 'fc', offset: 25, width: 4, outputs: 2, inputs: 'dense' },
];
const p = 33;
const positionsOf = [7, 1, 1, 1];

function blockOf(l: number): FisherFactors {
  const matrix = matrices[l];
  const positions = positionsOf[l];
  const pairs = samples * positions;
  const input = Float32Array.from(normals(l + 1, pairs * matrix.width));
  if (matrix.inputs === 'constant') input.fill(1);
  if (matrix.inputs === 'one-hot') for (let i = 0; i < input.length; i++) input[i] = (i * 7) % 3 === 0 ? 1 : 0;
  return { matrix, samples, positions, input, delta: Float32Array.from(normals(l + 10, pairs * matrix.outputs)) };
}
const blocks = matrices.map((_, l) => blockOf(l));

async function factorsOf(sharing: PositionSharing): Promise<KroneckerFactors[]> {
  const sums = createKroneckerSums(matrices, sharing);
  for (const block of blocks) await sums.add(block);
  const factors: KroneckerFactors[] = [];
  for await (const each of sums.factors()) factors.push(each);
  return factors;
}
const basesFrom = async (sharing: PositionSharing): Promise<KroneckerBasis[]> =>
  Promise.all((await factorsOf(sharing)).map(kroneckerBasis));

/** Σ over positions of input ⊗ delta, [samples × width · outputs]. */
function gradients({ matrix: { width, outputs }, positions, input, delta }: FisherFactors): number[][] {
  return Array.from({ length: samples }, (_, s) =>
    Array.from({ length: width * outputs }, (_, at) => {
      let sum = 0;
      for (let r = s * positions; r < (s + 1) * positions; r++)
        sum += input[r * width + Math.floor(at / outputs)] * delta[r * outputs + (at % outputs)];
      return sum;
    }),
  );
}

/** The matrix that an operator multiplies by, [p × p]. */
const matrixOf = (bases: readonly KroneckerBasis[], scales: Float64Array): Promise<Float64Array> =>
  createKroneckerOperator(bases).apply(
    Float64Array.from({ length: p * p }, (_, at) => (Math.floor(at / p) === at % p ? 1 : 0)),
    scales,
  );

/** Block of layer l of a matrix [p × p]. */
function blockAt(matrix: Float64Array, l: number): Float64Array {
  const { offset, width, outputs } = matrices[l];
  const size = width * outputs;
  return Float64Array.from(
    { length: size * size },
    (_, at) => matrix[(offset + Math.floor(at / size)) * p + offset + (at % size)],
  );
}

describe('Kronecker factors', () => {
  it('expand counts positions as samples, with the sum over them in S', async () => {
    const [{ input, delta }] = await factorsOf('expand');
    const { positions, ...conv } = blocks[0];
    const moment = (rows: Float32Array, size: number, count: number) =>
      Float64Array.from({ length: size * size }, (_, at) => {
        let sum = 0;
        for (let row = 0; row < rows.length; row += size)
          sum += rows[row + Math.floor(at / size)] * rows[row + (at % size)];
        return sum / count;
      });
    expect(input.kind === 'full' && distanceOf(input.matrix, moment(conv.input, 5, samples * positions))).toBeLessThan(
      1e-6,
    );
    expect(delta.kind === 'full' && distanceOf(delta.matrix, moment(conv.delta, 3, samples))).toBeLessThan(1e-5);
  });

  it('reduce is expand of averaged inputs and summed deltas', async () => {
    const [{ input, delta }] = await factorsOf('reduce');
    const [conv] = blocks;
    const reduced = (rows: Float32Array, size: number, scale: number) =>
      Float32Array.from({ length: samples * size }, (_, at) => {
        let sum = 0;
        for (let r = 0; r < conv.positions; r++)
          sum += scale * rows[(Math.floor(at / size) * conv.positions + r) * size + (at % size)];
        return sum;
      });
    const sums = createKroneckerSums(matrices.slice(0, 1), 'expand');
    await sums.add({
      ...conv,
      positions: 1,
      input: reduced(conv.input, 5, 1 / conv.positions),
      delta: reduced(conv.delta, 3, 1),
    });
    for await (const expected of sums.factors()) {
      expect(input.kind === 'full' && expected.input.kind === 'full').toBe(true);
      if (input.kind === 'full' && expected.input.kind === 'full')
        expect(distanceOf(input.matrix, expected.input.matrix)).toBeLessThan(1e-6);
      if (delta.kind === 'full' && expected.delta.kind === 'full')
        expect(distanceOf(delta.matrix, expected.delta.matrix)).toBeLessThan(1e-5);
    }
  });

  it('the operator of their products is A ⊗ S, block by block, also after being stored', async () => {
    const factors = await factorsOf('expand');
    const own = await Promise.all(factors.map(kroneckerBasis));
    const bases = basesOf(storedBases(own), matrices);
    expect(bases).toEqual(own);
    const found = await matrixOf(bases, kroneckerEigenvalues(bases));
    for (const [l, { matrix, input, delta }] of factors.entries()) {
      const { width, outputs } = matrix;
      const entry = (moment: KroneckerFactors['input'], size: number, i: number, j: number) => {
        if (moment.kind === 'full') return moment.matrix[i * size + j];
        return i === j ? moment.values[i] : 0;
      };
      const size = width * outputs;
      const expected = Float64Array.from({ length: size * size }, (_, at) => {
        const [row, col] = [Math.floor(at / size), at % size];
        const a = entry(input, width, Math.floor(row / outputs), Math.floor(col / outputs));
        return a * entry(delta, outputs, row % outputs, col % outputs);
      });
      expect(distanceOf(blockAt(found, l), expected)).toBeLessThan(1e-5);
    }
  });
});

describe('corrected eigenvalues', () => {
  it.each(['expand', 'reduce'] as const)('are the mean squares of gradients in the basis (%s)', async (sharing) => {
    const bases = await basesFrom(sharing);
    const corrected = createEigenvalueSums(bases);
    for (const block of blocks) await corrected.add(block);
    const values = corrected.values();
    for (const [l, { matrix, input, delta }] of bases.entries()) {
      const { offset, width, outputs } = matrix;
      const unit = (basis: typeof input, size: number, k: number) =>
        basis.vectors?.subarray(k * size, (k + 1) * size) ?? Float32Array.from({ length: size }, (_, i) => +(i === k));
      for (let k = 0; k < width * outputs; k++) {
        const [u, v] = [unit(input, width, Math.floor(k / outputs)), unit(delta, outputs, k % outputs)];
        const squares = gradients(blocks[l]).map(
          (row) => row.reduce((sum, value, at) => sum + value * u[Math.floor(at / outputs)] * v[at % outputs], 0) ** 2,
        );
        const expected = squares.reduce((sum, square) => sum + square / samples, 0);
        expect(Math.abs(values[offset + k] - expected)).toBeLessThan(1e-4 * (1 + expected));
      }
    }
  });

  it('make the operator of a layer with constant input its exact block', async () => {
    const bases = await basesFrom('expand');
    const corrected = createEigenvalueSums(bases);
    for (const block of blocks) await corrected.add(block);
    const damping = 0.1;
    const inverse = await matrixOf(
      bases,
      corrected.values().map((value) => 1 / (value + damping)),
    );
    const rows = gradients(blocks[1]);
    const exact = Float64Array.from({ length: 16 }, (_, at) =>
      rows.reduce((sum, row) => sum + (row[Math.floor(at / 4)] * row[at % 4]) / samples, 0),
    );
    const unit = Float64Array.from({ length: 16 }, (_, at) => +(at % 5 === 0));
    const expected = await solveSpd(exact, unit, { n: 4, columns: 4 }, { ridge: damping });
    expect(distanceOf(blockAt(inverse, 1), expected)).toBeLessThan(1e-5);
  });
});
