import type { Seed } from '@attribution-bench/contract';
import { streamState } from './random-bits.js';
import { signSumsModule } from './sign-sums-module.js';

/** Most columns at once, and most rows. */
const signColumns = 2048;
const signRows = 256;
const lanes = 16;
/** Parameters whose signs are made at once, and those that are added at once. */
const madeAtOnce = 512;
const addedAtOnce = 32;
const together = 8;
/** Words of a stream's state. */
const stateWords = 4;

/** Places in the memory of the module, see sign-sums.wat. */
const places = { numbers: 0, states: 99_328, signs: 108_032, sums: 239_104 } as const;
const numbersOfRow = 528;
const signsOfPart = (signColumns * addedAtOnce) / together;
const sumsOfSet = 4 * signColumns * lanes;

/** What is used of WebAssembly here, which the types of Node.js leave out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface SignSums {
  readonly memory: { readonly buffer: ArrayBuffer };
  signs(to: number, columns: number): void;
  add(numbers: number, signs: number, columns: number, sums: number): void;
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
  const { parameters, first, columns } = given;
  const count = Math.min(signRows, given.batch - firstRow);
  const width = Math.ceil(columns / 32) * 32;
  const sets = Math.ceil(count / lanes);
  new Float32Array(module.memory.buffer, places.sums, (sets * sumsOfSet) / 4).fill(0);
  for (let start = 0; start < parameters; start += madeAtOnce) {
    const made = Math.min(madeAtOnce, parameters - start);
    makeSigns(module, seed, tile, { first: first + start, count: made, width });
    for (let set = 0; set < sets; set++) {
      const firstOfSet = firstRow + set * lanes;
      takeNumbers(module, given, {
        row: firstOfSet,
        rows: Math.min(lanes, firstRow + count - firstOfSet),
        start,
        made,
      });
      for (let part = 0; part * addedAtOnce < made; part++) {
        const numbers = places.numbers + 4 * part * addedAtOnce;
        module.add(numbers, places.signs + part * signsOfPart, width, places.sums + set * sumsOfSet);
      }
    }
  }
  addSums(module, given, firstRow, count);
}

/** Copies the numbers of some parameters and of at most 16 rows, with zeros where there are no more. */
function takeNumbers(
  { memory }: SignSums,
  { rows, parameters }: SignedRows,
  of: { readonly row: number; readonly rows: number; readonly start: number; readonly made: number },
): void {
  const numbers = new Float32Array(memory.buffer, places.numbers, lanes * numbersOfRow);
  if (of.rows < lanes || of.made < madeAtOnce) numbers.fill(0);
  for (let lane = 0; lane < of.rows; lane++) {
    const from = (of.row + lane) * parameters + of.start;
    numbers.set(rows.subarray(from, from + of.made), lane * numbersOfRow);
  }
}

/** Signs of some parameters, eight to a byte of each column. */
function makeSigns(
  module: SignSums,
  seed: Seed,
  tile: number,
  { first, count, width }: { readonly first: number; readonly count: number; readonly width: number },
): void {
  const states = new Int32Array(module.memory.buffer, places.states, addedAtOnce * stateWords);
  const state = new Int32Array(stateWords);
  for (let part = 0; part * addedAtOnce < count; part++) {
    for (let i = 0; i < addedAtOnce; i++) {
      streamState(seed, first + part * addedAtOnce + i, tile, state);
      const place = Math.floor(i / together) * together * stateWords + (i % together);
      for (let word = 0; word < stateWords; word++) states[place + word * together] = state[word];
    }
    module.signs(places.signs + part * signsOfPart, width);
  }
}

/** Adds the sums to where they go, 16 columns of 16 rows at a time. */
function addSums({ memory }: SignSums, given: SignedRows, firstRow: number, count: number): void {
  const { out, dim, column, columns } = given;
  for (let row = 0; row < count; row += lanes) {
    const sums = new Float32Array(memory.buffer, places.sums + (row / lanes) * sumsOfSet, signColumns * lanes);
    const own = Math.min(lanes, count - row);
    for (let start = 0; start < columns; start += lanes) {
      const end = Math.min(columns, start + lanes);
      for (let lane = 0; lane < own; lane++) {
        const to = (firstRow + row + lane) * dim + column;
        for (let c = start; c < end; c++) out[to + c] += sums[c * lanes + lane];
      }
    }
  }
}
