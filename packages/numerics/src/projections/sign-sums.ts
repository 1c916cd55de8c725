import type { Seed } from '@attribution-bench/contract';
import { nextWord, streamState } from './random-bits.js';
import { signSumsModule } from './sign-sums-module.js';

/** Most columns at once, and most rows. */
const signColumns = 2048;
const signRows = 256;
const lanes = 16;
/** Parameters whose signs are made at once, and those that are added at once. */
const madeAtOnce = 512;
const addedAtOnce = 32;
const together = 8;

/** Places in the memory of the module, see sign-sums.wat. */
const places = { numbers: 0, words: 67_584, signs: 69_632, sums: 200_704 } as const;
const sumsOfSet = 4 * signColumns * lanes;

/** What is used of WebAssembly here, which the types of Node.js leave out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface SignSums {
  readonly memory: { readonly buffer: ArrayBuffer };
  signs(to: number, columns: number): void;
  add(signs: number, columns: number, sums: number): void;
}

let opened: SignSums | undefined;

/** One for each thread. */
function signSums(): SignSums {
  opened ??= new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(signSumsModule, 'base64')))
    .exports as SignSums;
  return opened;
}

/** Rows to be added up with signs, and where their sums go. */
export interface SignedRows {
  /** [batch × parameters] */
  readonly rows: Float32Array;
  readonly parameters: number;
  readonly batch: number;
  /** Parameter that the first number of a row belongs to. */
  readonly first: number;
  /** [batch × dim], of which columns from `column` on are added to. */
  readonly out: Float32Array;
  readonly dim: number;
  readonly column: number;
  /** Columns of this tile, at most {@link signColumns}. */
  readonly columns: number;
}

/**
 * Adds Σ ±x over parameters to the columns of one tile: the signs are the bits of the stream of (seed, parameter, tile), a set bit
 * being minus. The 256 sums that eight numbers can have are made once for all columns, each of which takes one of them, so that
 * a number is added once for eight parameters ("the method of four Russians", Arlazarov et al. 1970).
 */
export function addSignedSums(seed: Seed, tile: number, given: SignedRows): void {
  for (let row = 0; row < given.batch; row += signRows) addRows(seed, tile, given, row);
}

/** The rows from one on, as many as fit. */
function addRows(seed: Seed, tile: number, given: SignedRows, firstRow: number): void {
  const module = signSums();
  const { rows, parameters, first, columns } = given;
  const count = Math.min(signRows, given.batch - firstRow);
  const width = Math.ceil(columns / 32) * 32;
  const sets = Math.ceil(count / lanes);
  const numbers = new Float32Array(module.memory.buffer, places.numbers, addedAtOnce * lanes);
  new Float32Array(module.memory.buffer, places.sums, (sets * sumsOfSet) / 4).fill(0);
  for (let start = 0; start < parameters; start += madeAtOnce) {
    const made = Math.min(madeAtOnce, parameters - start);
    makeSigns(module, seed, tile, { first: first + start, count: made, width });
    for (let set = 0; set < sets; set++) {
      for (let part = 0; part < made; part += addedAtOnce) {
        const size = Math.min(addedAtOnce, made - part);
        const own = Math.min(lanes, count - set * lanes);
        if (size < addedAtOnce || own < lanes) numbers.fill(0);
        for (let lane = 0; lane < own; lane++) {
          const from = (firstRow + set * lanes + lane) * parameters + start + part;
          for (let i = 0; i < size; i++) numbers[i * lanes + lane] = rows[from + i];
        }
        module.add(places.signs + (part / together) * signColumns, width, places.sums + set * sumsOfSet);
      }
    }
  }
  addSums(module, given, firstRow, count);
}

/** Signs of some parameters, eight to a byte of each column. */
function makeSigns(
  module: SignSums,
  seed: Seed,
  tile: number,
  { first, count, width }: { readonly first: number; readonly count: number; readonly width: number },
): void {
  const words = new Int32Array(module.memory.buffer, places.words, (together * signColumns) / 32);
  const state = new Int32Array(4);
  for (let group = 0; group * together < count; group++) {
    for (let i = 0; i < together; i++) {
      streamState(seed, first + group * together + i, tile, state);
      const from = (i * signColumns) / 32;
      for (let word = 0; word < width / 32; word++) words[from + word] = nextWord(state);
    }
    module.signs(places.signs + group * signColumns, width);
  }
}

function addSums(module: SignSums, given: SignedRows, firstRow: number, count: number): void {
  const { out, dim, column, columns } = given;
  for (let row = 0; row < count; row++) {
    const set = Math.floor(row / lanes);
    const sums = new Float32Array(module.memory.buffer, places.sums + set * sumsOfSet, signColumns * lanes);
    const to = (firstRow + row) * dim + column;
    for (let c = 0; c < columns; c++) out[to + c] += sums[c * lanes + (row % lanes)];
  }
}
