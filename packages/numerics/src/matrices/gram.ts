import { requireCount, shapeError } from '../errors.js';
import { addMatmul, type FloatArray, matmul } from './matmul.js';

const slabRows = 512;
const tileWidth = 512;

export interface GramOptions {
  /**
   * Precision of the products: `float64` (default), or `float32` at twice the speed, where sums over 512 rows are in
   * float32 and everything beyond in float64.
   */
  readonly precision?: 'float64' | 'float32';
}

/** XᵀX of rows that come in blocks, in memory for the matrix and 512 rows, however many rows there are. */
export interface Gram {
  /** Adds rows [any number × columns], row-major. How rows are cut into blocks changes no bit of the result. */
  add(rows: FloatArray): Promise<void>;
  /** The matrix so far, [columns × columns], exactly symmetric; the sum can go on afterwards. */
  matrix(): Promise<Float64Array>;
}

/** One tile of columns of the slab, and its sums with itself and the tiles before it. */
interface Tile {
  readonly first: number;
  readonly width: number;
  /** [slabRows × width] */
  readonly slab: FloatArray;
  /** By earlier or same tile, [width × its width]. */
  readonly sums: Float64Array[];
}

/** An empty sum of outer products of rows of length `columns`. */
export function createGram(columns: number, { precision = 'float64' }: GramOptions = {}): Gram {
  requireCount('createGram', 'columns', columns, 1);
  const tiles: Tile[] = [];
  for (let first = 0; first < columns; first += tileWidth) {
    const width = Math.min(tileWidth, columns - first);
    const size = slabRows * width;
    tiles.push({
      first,
      width,
      slab: precision === 'float64' ? new Float64Array(size) : new Float32Array(size),
      sums: [...tiles.map((tile) => tile.width), width].map((other) => new Float64Array(width * other)),
    });
  }
  let filled = 0;

  async function flush(): Promise<void> {
    if (filled === 0) return;
    for (const tile of tiles) {
      for (const [index, sum] of tile.sums.entries()) await addProducts(sum, tile, tiles[index], filled);
    }
    filled = 0;
  }

  return {
    async add(rows) {
      if (rows.length % columns !== 0)
        throw shapeError('Gram', `${rows.length} elements are not whole rows of ${columns}`);
      for (let start = 0; start < rows.length; start += columns) {
        for (const { first, width, slab } of tiles)
          slab.set(rows.subarray(start + first, start + first + width), filled * width);
        filled++;
        if (filled === slabRows) await flush();
      }
    },
    async matrix() {
      await flush();
      const out = new Float64Array(columns * columns);
      for (const { first, width, sums } of tiles) {
        for (const [index, sum] of sums.entries()) {
          const other = tiles[index];
          for (let r = 0; r < width; r++) {
            const row = first + r;
            const end = Math.min(other.width, row + 1 - other.first);
            for (let c = 0; c < end; c++) {
              const value = sum[r * other.width + c];
              out[row * columns + other.first + c] = value;
              out[(other.first + c) * columns + row] = value;
            }
          }
        }
      }
      return out;
    },
  };
}

async function addProducts(sum: Float64Array, left: Tile, right: Tile, rows: number): Promise<void> {
  const shape = { m: left.width, k: rows, n: right.width, transposeA: true };
  const a = left.slab.subarray(0, rows * left.width);
  const b = right.slab.subarray(0, rows * right.width);
  if (a instanceof Float64Array) return addMatmul(sum, a, b as Float64Array, shape);
  const product = await matmul(a, b as Float32Array, shape);
  for (let i = 0; i < sum.length; i++) sum[i] += product[i];
}
