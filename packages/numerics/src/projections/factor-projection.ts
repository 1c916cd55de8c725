import { BenchError, childSeed, type Projection, Rng, type Seed } from '@attribution-bench/contract';
import { requireCount } from '../errors.js';
import { addSparseProduct, collectEntries } from '../matrices/sparse-matrix.js';
import { createProjector } from './projection.js';
import { type AddEntry, addHashed, defaultMaskFactor, randomSubset } from './random-sparse.js';

/** A projection whose matrix follows the layers of the network. */
export type FactoredProjection = Projection & { readonly kind: 'logra' | 'factgrass' };

/** What a layer's part of a gradient is: a [width × outputs] matrix, flattened. */
export interface LayerShape {
  readonly width: number;
  readonly outputs: number;
  /** Whether it is a sum of outer products input ⊗ delta; of other layers (normalisations) only the matrix is known. */
  readonly factored: boolean;
}

/** How one layer's gradient A becomes leftᵀ · A · right, [inputs × outputs]; a side that is absent is kept as it is. */
export interface LayerMap {
  /** [width × inputs] */
  readonly left?: Float32Array;
  readonly inputs: number;
  /** [layer's outputs × outputs] */
  readonly right?: Float32Array;
  readonly outputs: number;
}

export interface FactorProjector {
  readonly dim: number;
  /** In the order of the layers. */
  readonly layers: readonly LayerMap[];
  /** Numbers of all mapped layers together: their flattened matrices one after the other make a row. */
  readonly mapped: number;
  /** out += mapped rows [batch × mapped] · S, [batch × dim], with a sparse S. */
  project(rows: Float32Array, out: Float32Array): void;
}

/**
 * Projections of gradients that are never formed: of input ⊗ delta only (leftᵀ input) ⊗ (rightᵀ delta) is. Inner products
 * are kept in expectation.
 *
 * `logra` (Choe et al. 2024, LoGra): layer l gets k_l of the `dim` columns, at least 1 and the rest in proportion to
 * √size but never more than its size. k_out = min(outputs, √k_l), k_in = k_l / k_out rounded up, at most width (k_out then
 * grows): left and right hold random signs, a side that would be as wide as it was is kept instead, and of the k_in · k_out
 * products, in row-major order, the first k_l are columns, divided by what keeps inner products. Layers that are not
 * factored are hashed to their k_l columns, or kept where these are as many. With `layerDim`, k_l is that number or the
 * layer's size, if smaller.
 *
 * `factgrass` (Hu et al. 2025, GraSS): left and right are random masks whose sizes follow from `maskFactor` · `dim`
 * products in the same way, layers that are not factored are whole, and one `sjlt` takes all products that are kept,
 * each times √(layer's size / kept), to `dim` columns.
 * @throws BenchError PROJECTION_DIM when there are more layers than columns
 */
export function createFactorProjector(projection: FactoredProjection, layers: readonly LayerShape[]): FactorProjector {
  const { kind, dim, layerDim, maskFactor = defaultMaskFactor } = projection;
  const sizes = layers.map(sizeOf);
  if (kind === 'logra' && layerDim !== undefined) {
    requireCount('createFactorProjector', 'layerDim', layerDim, 1);
    const shares = sizes.map((size) => Math.min(size, layerDim));
    return signed({ ...projection, dim: sum(shares) }, layers, shares);
  }
  requireCount('createFactorProjector', 'dim', dim, 1);
  if (dim < layers.length) {
    throw new BenchError({
      code: 'PROJECTION_DIM',
      message: `a ${kind} projection to ${dim} columns leaves nothing for some of ${layers.length} layers`,
      next: `raise projDim to at least ${layers.length}, or use the projection sjlt`,
    });
  }
  const budget = kind === 'logra' ? dim : Math.max(dim, Math.round(maskFactor * dim));
  const shares = layerShares(sizes, budget);
  return kind === 'logra' ? signed(projection, layers, shares) : masked(projection, layers, shares);
}

const sizeOf = ({ width, outputs }: LayerShape): number => width * outputs;

/** Parts of `total` for sizes: 1 each, the rest in proportion to their square roots, none more than its size. */
function layerShares(sizes: readonly number[], total: number): number[] {
  const shares = sizes.map(() => 1);
  const open = new Set(sizes.keys());
  let rest = total - sizes.length;
  for (let before = 0; before !== open.size; ) {
    before = open.size;
    const weights = sum([...open].map((layer) => Math.sqrt(sizes[layer])));
    for (const layer of [...open]) {
      if ((rest * Math.sqrt(sizes[layer])) / weights < sizes[layer] - 1) continue;
      shares[layer] = sizes[layer];
      open.delete(layer);
    }
    rest = total - sum(sizes.map((_, layer) => (open.has(layer) ? 1 : shares[layer])));
  }
  const weights = sum([...open].map((layer) => Math.sqrt(sizes[layer])));
  let [seen, given] = [0, 0];
  for (const layer of open) {
    seen += Math.sqrt(sizes[layer]);
    const upTo = Math.round((rest * seen) / weights);
    shares[layer] += upTo - given;
    given = upTo;
  }
  return shares;
}

/** Sides of a product of at least `share` and hardly more, as equal as the layer allows. */
function sidesOf({ width, outputs }: LayerShape, share: number): { inputs: number; outputs: number } {
  const wanted = Math.min(outputs, Math.max(1, Math.round(Math.sqrt(share))));
  const inputs = Math.min(width, Math.ceil(share / wanted));
  return { inputs, outputs: Math.max(wanted, Math.ceil(share / inputs)) };
}

type DrawSide = (seed: Seed, rows: number, columns: number) => Float32Array;

/** The two sides of every layer, those as wide as they were left out. */
function mapsOf(layers: readonly LayerShape[], shares: readonly number[], seed: Seed, draw: DrawSide): LayerMap[] {
  return layers.map((layer, index) => {
    const { width, outputs, factored } = layer;
    if (!factored) return { inputs: width, outputs };
    const sides = sidesOf(layer, shares[index]);
    return {
      ...sides,
      ...(sides.inputs === width ? {} : { left: draw(childSeed(seed, `input ${index}`), width, sides.inputs) }),
      ...(sides.outputs === outputs ? {} : { right: draw(childSeed(seed, `delta ${index}`), outputs, sides.outputs) }),
    };
  });
}

function signed(
  { dim, seed }: FactoredProjection,
  layers: readonly LayerShape[],
  shares: readonly number[],
): FactorProjector {
  const maps = mapsOf(layers, shares, seed, signs);
  return assembled(dim, maps, (add) => {
    let [row, column] = [0, 0];
    for (const [index, map] of maps.entries()) {
      const share = shares[index];
      const count = map.inputs * map.outputs;
      if (share === count || map.left !== undefined || map.right !== undefined) {
        for (let i = 0; i < share; i++) add(row + i, column + i, 1 / Math.sqrt(estimators(map, share, i)));
      } else {
        for (let i = row; i < row + count; i++) addHashed(seed, i, 0, { first: column, count: share }, 1, add);
      }
      row += count;
      column += share;
    }
  });
}

/** How many of the first `share` products have the i-th one's place on the sides that are kept. */
function estimators({ left, right, outputs }: LayerMap, share: number, i: number): number {
  if (left !== undefined && right !== undefined) return share;
  if (left !== undefined) return Math.ceil((share - (i % outputs)) / outputs);
  if (right !== undefined) return Math.min(outputs, share - Math.floor(i / outputs) * outputs);
  return 1;
}

function masked(
  { dim, seed }: FactoredProjection,
  layers: readonly LayerShape[],
  shares: readonly number[],
): FactorProjector {
  const maps = mapsOf(layers, shares, seed, mask);
  return assembled(dim, maps, (add) => {
    let row = 0;
    for (const [index, { inputs, outputs }] of maps.entries()) {
      const scale = Math.sqrt(sizeOf(layers[index]) / (inputs * outputs));
      for (const end = row + inputs * outputs; row < end; row++)
        addHashed(seed, row, 0, { first: 0, count: dim }, scale, add);
    }
  });
}

function assembled(dim: number, layers: readonly LayerMap[], fill: (add: AddEntry) => void): FactorProjector {
  const mapped = sum(layers.map(({ inputs, outputs }) => inputs * outputs));
  const entries = collectEntries(mapped, fill);
  return {
    dim,
    layers,
    mapped,
    project(rows, out) {
      addSparseProduct(rows, entries, { batch: out.length / dim, width: mapped, columns: dim }, out);
    },
  };
}

/** Random signs [rows × columns]. */
function signs(seed: Seed, rows: number, columns: number): Float32Array {
  return createProjector({ kind: 'rademacher', dim: columns, seed }, rows).entries(0, rows);
}

/** [rows × columns] with a 1 in each column, in rows drawn without replacement. */
function mask(seed: Seed, rows: number, columns: number): Float32Array {
  const matrix = new Float32Array(rows * columns);
  for (const [column, row] of randomSubset(new Rng(seed), rows, columns).entries()) matrix[row * columns + column] = 1;
  return matrix;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
