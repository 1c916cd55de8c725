import { microsoftDomain } from '@attribution-bench/onnx';
import type { GraphBuilder, Value } from '../graph/graph-builder.js';
import { apply, concat, reshape, slice, transpose } from '../graph/operators.js';
import type { ImageConvolution } from './image-convolution.js';

/** Where a filter of {@link winogradFilter} pixels meets an image, along one axis. */
interface WinogradAxis {
  readonly inputs: number;
  readonly outputs: number;
  readonly padding: number;
}

/** Side of the filters. */
export const winogradFilter = 3;
/** Outputs a tile. */
const step = 4;
/** Where polynomials are evaluated, besides infinity: small numbers that keep rounding errors near 2e-6. */
const points = [0, 1, -1, 0.5, -2];
const tile = points.length + 1;

/**
 * Convolution with stride 1 by 36 matrix products that take a quarter of the multiplications: F(4 × 4, 3 × 3) of Lavin
 * and Gray 2016 (arXiv:1509.09308). It is linear in images and in filters, so gradients are its transposes, and share
 * with it what the images and errors were turned into. Many images go through it in parts, see {@link imagesAtOnce}.
 */
export function winograd(g: GraphBuilder, height: WinogradAxis, width: WinogradAxis): ImageConvolution {
  const [rows, columns] = [axisTransforms(height), axisTransforms(width)];
  const corner = constant(g, cornerTransform);
  const cornerBack = constant(g, cornerTransformBack);

  const spread = (x: Value): Value => toTiles(g, alongWidth(g, columns.spread, alongHeight(g, rows.spread, x)));
  const gathered = (tiles: Value): Value =>
    alongHeight(g, rows.gather, alongWidth(g, columns.gather, fromTiles(g, tiles, rows.tiles, columns.tiles)));
  const spreadError = (dy: Value): Value =>
    toTiles(g, alongWidth(g, columns.gatherBack, alongHeight(g, rows.gatherBack, dy)));
  const gatheredError = (tiles: Value): Value =>
    alongHeight(g, rows.spreadBack, alongWidth(g, columns.spreadBack, fromTiles(g, tiles, rows.tiles, columns.tiles)));
  const filters = (filter: Value): Value => {
    const [, , inputs, outputs] = filter.shape;
    const taps = reshape(g, filter, [winogradFilter ** 2, inputs * outputs]);
    return reshape(g, product(g, corner, taps), [tile ** 2, inputs, outputs]);
  };
  const parts = (images: Value, inputs: number, outputs: number): Value[] =>
    partsOf(g, images, imagesAtOnce(rows.tiles * columns.tiles, inputs, outputs));
  const partByPart = (images: Value, filter: Value, convolve: (part: Value) => Value): Value =>
    concat(g, parts(images, filter.shape[2], filter.shape[3]).map(convolve), 0);
  return {
    forward: (x, filter) => partByPart(x, filter, (part) => gathered(product(g, spread(part), filters(filter)))),
    towardsInput: (dy, filter) =>
      partByPart(dy, filter, (part) => gatheredError(product(g, spreadError(part), filters(filter), { transB: true }))),
    towardsFilter(x, dy) {
      const [inputs, outputs] = [x.shape[3], dy.shape[3]];
      const errors = parts(dy, inputs, outputs);
      const products = parts(x, inputs, outputs).map((part, i) =>
        product(g, spread(part), spreadError(errors[i]), { transA: true }),
      );
      const sum = products.length === 1 ? products[0] : apply(g, 'Sum', products);
      const taps = product(g, cornerBack, reshape(g, sum, [tile ** 2, inputs * outputs]));
      return reshape(g, taps, [winogradFilter, winogradFilter, inputs, outputs]);
    },
  };
}

/** Numbers that stay in a processor's cache from one step of the algorithm to the next. */
const mostCached = 2 ** 19;

/**
 * How many images are taken through all steps together: as many as fit into the cache, but not so few that reading the filters
 * for them takes longer.
 */
function imagesAtOnce(tiles: number, inputs: number, outputs: number): number {
  const most = Math.max(mostCached, (tile ** 2 * inputs * outputs) / 2);
  return Math.max(1, Math.floor(most / (tile ** 2 * tiles * Math.max(inputs, outputs))));
}

/** Images in parts of equal size, the last of which may be smaller. */
function partsOf(g: GraphBuilder, images: Value, most: number): Value[] {
  const [batch] = images.shape;
  const size = Math.ceil(batch / Math.ceil(batch / most));
  return Array.from({ length: Math.ceil(batch / size) }, (_, part) => {
    const begin = part * size;
    return slice(g, images, [{ axis: 0, begin, size: Math.min(size, batch - begin) }]);
  });
}

type Matrix = readonly (readonly number[])[];

const transposed = (m: Matrix): Matrix => m[0].map((_, column) => m.map((row) => row[column]));
const outer = (a: Matrix, b: Matrix): Matrix =>
  a.flatMap((left) => b.map((right) => left.flatMap((x) => right.map((y) => x * y))));

/** A matrix as graphs hold it; the same object is one constant of a graph. */
interface Stored {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const stored = (m: Matrix): Stored => ({ shape: [m.length, m[0].length], data: Float32Array.from(m.flat()) });
const constant = (g: GraphBuilder, { shape, data }: Stored): Value => g.constant('float32', shape, data);

/** Coefficients of the product of (x - p) over the points but one, constant first. */
function polynomial(skipped?: number): number[] {
  let product = [1];
  for (const [i, point] of points.entries())
    if (i !== skipped) product = [0, ...product].map((value, k) => value - point * (product[k] ?? 0));
  return product;
}

/** 1, p, p², ... for each point; for infinity the last coefficient. */
const powers = (length: number): Matrix => [
  ...points.map((point) => Array.from({ length }, (_, k) => point ** k)),
  Array.from({ length }, (_, k) => (k === length - 1 ? 1 : 0)),
];

const inputTransform: Matrix = [...points.map((_, i) => [...polynomial(i), 0]), polynomial()];
const outputTransform: Matrix = transposed(powers(step));
const filterTransform: Matrix = powers(winogradFilter).map((row, i) => {
  const scale = i < points.length ? points.reduce((p, q, j) => (j === i ? p : p * (points[i] - q)), 1) : 1;
  return row.map((value) => value / scale);
});

const cornerTransform = stored(outer(filterTransform, filterTransform));
const cornerTransformBack = stored(transposed(outer(filterTransform, filterTransform)));

const known = new Map<string, AxisTransforms>();

function axisTransforms(axis: WinogradAxis): AxisTransforms {
  const key = JSON.stringify(axis);
  const transforms = known.get(key) ?? makeAxisTransforms(axis);
  known.set(key, transforms);
  return transforms;
}

interface AxisTransforms {
  readonly tiles: number;
  /** Between inputs and places in tiles, and back. */
  readonly spread: Stored;
  readonly spreadBack: Stored;
  /** Between places in tiles and outputs, and back. */
  readonly gather: Stored;
  readonly gatherBack: Stored;
}

/** The transforms of all tiles along an axis at once; rows by place in the tile, then tile. */
function makeAxisTransforms({ inputs, outputs, padding }: WinogradAxis): AxisTransforms {
  const tiles = Math.ceil(outputs / step);
  const places = Array.from({ length: tile * tiles }, (_, row) => ({ i: Math.floor(row / tiles), t: row % tiles }));
  const spread = places.map(({ i, t }) =>
    Array.from({ length: inputs }, (_, pixel) => inputTransform[i][pixel + padding - t * step] ?? 0),
  );
  const gather = Array.from({ length: outputs }, (_, pixel) =>
    places.map(({ i, t }) => outputTransform[pixel - t * step]?.[i] ?? 0),
  );
  return {
    tiles,
    spread: stored(spread),
    spreadBack: stored(transposed(spread)),
    gather: stored(gather),
    gatherBack: stored(transposed(gather)),
  };
}

/** Multiplies columns of pixels: [batch, height, width, channels] to [batch, rows of m, width, channels]. */
function alongHeight(g: GraphBuilder, m: Stored, x: Value): Value {
  const [batch, height, width, channels] = x.shape;
  const result = product(g, constant(g, m), reshape(g, x, [batch, height, width * channels]));
  return reshape(g, result, [batch, m.shape[0], width, channels]);
}

function alongWidth(g: GraphBuilder, m: Stored, x: Value): Value {
  const [batch, height, width, channels] = x.shape;
  const result = product(g, constant(g, m), reshape(g, x, [batch * height, width, channels]));
  return reshape(g, result, [batch, height, m.shape[0], channels]);
}

/** One matrix of pixels by channels for each place in the tile: [36, batch × tiles, channels]. */
function toTiles(g: GraphBuilder, x: Value): Value {
  const [batch, height, width, channels] = x.shape;
  const [down, across] = [height / tile, width / tile];
  const split = reshape(g, x, [batch, tile, down, tile, across * channels]);
  return reshape(g, transpose(g, split, [1, 3, 0, 2, 4]), [tile ** 2, batch * down * across, channels]);
}

function fromTiles(g: GraphBuilder, x: Value, down: number, across: number): Value {
  const [, pixels, channels] = x.shape;
  const batch = pixels / (down * across);
  const split = reshape(g, x, [tile, tile, batch, down, across * channels]);
  return reshape(g, transpose(g, split, [2, 0, 3, 1, 4]), [batch, tile * down, tile * across, channels]);
}

function product(
  g: GraphBuilder,
  a: Value,
  b: Value,
  { transA = false, transB = false }: { readonly transA?: boolean; readonly transB?: boolean } = {},
): Value {
  const rows = a.shape[a.shape.length - (transA ? 1 : 2)];
  const columns = b.shape[b.shape.length - (transB ? 2 : 1)];
  const shape = [...b.shape.slice(0, -2), rows, columns];
  if (!transA && !transB) return apply(g, 'MatMul', [a, b], { shape });
  return apply(g, 'FusedMatMul', [a, b], {
    shape,
    domain: microsoftDomain,
    attributes: { transA: { int: transA ? 1 : 0 }, transB: { int: transB ? 1 : 0 } },
  });
}
