import type { Seed } from '@attribution-bench/contract';
import fc from 'fast-check';
import { standardDeviation } from 'simple-statistics';
import { describe, expect, it, test } from 'vitest';
import { createFactorProjector, type FactorProjector, type LayerShape } from '../src/projections/factor-projection.js';
import { mean } from '../src/statistics/rank.js';
import { normals } from './support/matrices.js';

const seed: Seed = [5, 6, 7, 8];
const kinds = ['logra', 'factgrass'] as const;
const network: readonly LayerShape[] = [
  { width: 17, outputs: 12, factored: true },
  { width: 1, outputs: 24, factored: false },
  { width: 13, outputs: 3, factored: true },
  { width: 1, outputs: 4, factored: false },
];
const parameters = (layers: readonly LayerShape[]) =>
  layers.reduce((sum, { width, outputs }) => sum + width * outputs, 0);

/** One row of the matrices of all layers, projected: leftᵀ · A · right by loops, then the sparse part. */
function projected(projector: FactorProjector, layers: readonly LayerShape[], gradient: Float64Array): Float32Array {
  const mapped: number[] = [];
  let offset = 0;
  for (const [l, { width, outputs }] of layers.entries()) {
    const { left, right, ...sides } = projector.layers[l];
    const side = (matrix: Float32Array | undefined, row: number, column: number, columns: number) =>
      matrix === undefined ? Number(row === column) : matrix[row * columns + column];
    for (let r = 0; r < sides.inputs; r++) {
      for (let c = 0; c < sides.outputs; c++) {
        let sum = 0;
        for (let i = 0; i < width; i++) {
          for (let o = 0; o < outputs; o++) {
            sum +=
              gradient[offset + i * outputs + o] * side(left, i, r, sides.inputs) * side(right, o, c, sides.outputs);
          }
        }
        mapped.push(sum);
      }
    }
    offset += width * outputs;
  }
  expect(mapped.length).toBe(projector.mapped);
  const out = new Float32Array(projector.dim);
  projector.project(Float32Array.from(mapped), out);
  return out;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

describe.each(kinds)('%s', (kind) => {
  it('keeps inner products in expectation, those within each layer too', () => {
    const p = parameters(network);
    const whole = normals(3, 2 * p);
    const onlyFirst = whole.map((value, i) => (i % p < 17 * 12 ? value : 0));
    for (const rows of [whole, onlyFirst]) {
      const [x, y] = [rows.subarray(0, p), rows.subarray(p)];
      const estimates = Array.from({ length: 300 }, (_, s) => {
        const projector = createFactorProjector({ kind, dim: 53, maskFactor: 2, seed: [s, 1, 1, 1] }, network);
        return dot(projected(projector, network, x), projected(projector, network, y));
      });
      const error = Math.abs(mean(estimates) - dot(x, y)) * Math.sqrt(estimates.length);
      expect(error / standardDeviation(estimates)).toBeLessThan(3.5);
    }
  });

  it('depends on the seed and nothing else', () => {
    const gradient = normals(4, parameters(network));
    const at = (own: Seed) =>
      projected(createFactorProjector({ kind, dim: 40, seed: own }, network), network, gradient);
    expect(at(seed)).toEqual(at(seed));
    expect(at(seed)).not.toEqual(at([5, 6, 7, 9]));
  });

  it('refuses fewer columns than layers', () => {
    expect(() => createFactorProjector({ kind, dim: 3, seed }, network)).toThrow('leaves nothing for some of 4 layers');
  });
});

const shapes = fc.array(
  fc.record({ width: fc.integer({ min: 1, max: 40 }), outputs: fc.integer({ min: 1, max: 40 }) }),
  { minLength: 1, maxLength: 5 },
);

test('logra fills exactly `dim` columns, small layers whole, and keeps every gradient once dim reaches p', () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: 5, max: 3000 }), (sizes, dim) => {
      const layers = sizes.map((size) => ({ ...size, factored: size.width > 1 }));
      const p = parameters(layers);
      const projector = createFactorProjector({ kind: 'logra', dim, seed }, layers);
      for (const [l, { width, outputs }] of layers.entries()) {
        const map = projector.layers[l];
        expect(map.inputs).toBeLessThanOrEqual(width);
        expect(map.outputs).toBeLessThanOrEqual(outputs);
        expect(map.left === undefined).toBe(map.inputs === width);
        expect(map.right === undefined).toBe(map.outputs === outputs);
      }
      const filled = projected(projector, layers, normals(1, p)).filter((value) => value !== 0).length;
      // A hashed layer may leave columns empty; the others do not.
      if (layers.every(({ factored }) => factored)) expect(filled).toBeLessThanOrEqual(Math.min(dim, p));
      if (dim >= p) {
        const gradient = normals(2, p);
        expect(projected(projector, layers, gradient).subarray(0, p)).toEqual(Float32Array.from(gradient));
        expect(filled).toBe(p);
      }
    }),
    { numRuns: 60 },
  );
});

test('factgrass keeps about `maskFactor` · dim products, masks without repetition', () => {
  const layers = [
    { width: 300, outputs: 64, factored: true },
    { width: 65, outputs: 10, factored: true },
  ];
  const projector = createFactorProjector({ kind: 'factgrass', dim: 100, maskFactor: 6, seed }, layers);
  expect(projector.mapped).toBeGreaterThanOrEqual(600);
  expect(projector.mapped).toBeLessThan(660);
  const { left = new Float32Array(0), inputs } = projector.layers[0];
  const chosen = Array.from({ length: inputs }, (_, column) => {
    const rows = Array.from({ length: 300 }, (_, row) => left[row * inputs + column]);
    expect(rows.filter((value) => value !== 0)).toEqual([1]);
    return rows.indexOf(1);
  });
  expect(new Set(chosen).size).toBe(inputs);
});

it('gives every layer columns of its own, as many as asked for', () => {
  const layerDim = 20;
  const projector = createFactorProjector({ kind: 'logra', dim: 1, layerDim, seed }, network);
  const shares = network.map(({ width, outputs }) => Math.min(layerDim, width * outputs));
  expect(projector.dim).toBe(shares.reduce((sum, share) => sum + share));
  let [parameter, column] = [0, 0];
  for (const [l, { width, outputs }] of network.entries()) {
    const gradient = new Float64Array(parameters(network));
    gradient.set(normals(l, width * outputs), parameter);
    const row = projected(projector, network, gradient);
    const others = row.map((value, i) => (i >= column && i < column + shares[l] ? 0 : value));
    expect(others.every((value) => value === 0)).toBe(true);
    expect(row.some((value) => value !== 0)).toBe(true);
    parameter += width * outputs;
    column += shares[l];
  }
});
