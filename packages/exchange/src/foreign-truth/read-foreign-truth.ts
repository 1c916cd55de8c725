import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BenchError, type NdArray } from '@attribution-bench/contract';
import { openRegularFile } from '@attribution-bench/store';
import { parseNpy } from '@attribution-bench/tasks';
import { type Description, foreignInvalid, parseDescription, truthFile } from './description.js';
import type { ForeignPoints, ForeignTruth } from './foreign-truth.js';

const largestDescription = 256 * 2 ** 20;
const largestArray = 2 ** 31;

/**
 * Reads a truth in the layout `bench/foreign-truth@1`, which may come from anybody: everything in it is checked, and it is
 * turned once into the points that subsets keep and outputs of which more is more.
 * @param folder that holds `truth.json` and the arrays it names
 * @throws BenchError FOREIGN_MISSING, FOREIGN_INVALID, NPY_INVALID, naming the file
 */
export async function readForeignTruth(folder: string): Promise<ForeignTruth> {
  const described = await readDescription(folder);
  const { subsets, outputs } = described;
  const members = await readArray(folder, subsets.file, described);
  const values = await readArray(folder, outputs.file, described);
  const { title, recipe, licence, source, cite, train, queries } = described;
  return {
    about: {
      title,
      target: outputs.target,
      seeds: outputs.seeds,
      single: outputs.single,
      recipe,
      licence,
      source,
      cite,
    },
    train: pointsOf(train),
    queries: pointsOf(queries),
    members: keptPoints(members, described, join(folder, subsets.file)),
    outputs: higherIsMore(values, described, join(folder, outputs.file)),
  };
}

/** What a folder says of its truth, without its arrays. @throws BenchError FOREIGN_MISSING, FOREIGN_INVALID */
export async function readDescription(folder: string): Promise<Description> {
  const file = await readInside(folder, truthFile, largestDescription);
  return parseDescription(file.toString('utf8'), join(folder, truthFile));
}

function pointsOf({ count, ids }: Description['train']): ForeignPoints {
  return { count, ...(ids !== undefined && { ids }) };
}

/** An array whose file is what `truth.json` says it is. */
async function readArray(folder: string, name: string, { files }: Description): Promise<NdArray> {
  const place = join(folder, name);
  const declared = Object.hasOwn(files, name) ? files[name] : undefined;
  if (declared === undefined) throw foreignInvalid(place, `has no size and SHA-256 in "files" of ${truthFile}`);
  const bytes = await readInside(folder, name, largestArray, declared.bytes);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== declared.sha256)
    throw foreignInvalid(
      place,
      `has the SHA-256 ${found.slice(0, 12)}…, and ${truthFile} says ${declared.sha256.slice(0, 12)}…`,
      'get the folder again, or convert it again',
    );
  return parseNpy(bytes, place);
}

/** The content of a file that lies in the folder itself and is not larger than it may be. */
async function readInside(folder: string, name: string, largest: number, expected?: number): Promise<Buffer> {
  const place = join(folder, name);
  const real = await realpath(place).catch((cause: NodeJS.ErrnoException) => {
    throw missing(place, cause);
  });
  if (dirname(real) !== (await realpath(folder)))
    throw foreignInvalid(place, 'is a link out of its folder', 'put the file itself into the folder');
  const { handle, stats } = await openRegularFile(real).catch((cause: NodeJS.ErrnoException) => {
    throw missing(place, cause);
  });
  try {
    if (stats.size > largest) throw foreignInvalid(place, `has ${stats.size} bytes, and at most ${largest} are read`);
    if (expected !== undefined && stats.size !== expected)
      throw foreignInvalid(
        place,
        `has ${stats.size} bytes, and ${truthFile} says ${expected}`,
        'get the folder again, or convert it again',
      );
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function missing(place: string, cause: NodeJS.ErrnoException): BenchError {
  const reason =
    cause.code === 'ENOENT' || cause.code === 'ENOTDIR' ? 'was not found' : `cannot be read: ${cause.message}`;
  const next = `name a folder with ${truthFile}, masks.npy and outputs.npy, as the converters of the Python client write`;
  return new BenchError({ code: 'FOREIGN_MISSING', place, message: reason, next, cause });
}

/** The training points that each subset keeps, ascending. */
function keptPoints({ shape, data }: NdArray, { subsets, train }: Description, place: string): Int32Array[] {
  const { count, form, marks, fraction } = subsets;
  if (data instanceof Float32Array || data instanceof Float64Array)
    throw foreignInvalid(place, 'holds real numbers, and not a mask or points', 'save it as bool, uint8 or int32');
  const fits = shape.length === 2 && shape[0] === count && (form === 'indices' || shape[1] === train.count);
  if (!fits) throw shapeError(place, shape, form === 'mask' ? [count, train.count] : [count, 'points']);
  const width = shape[1];
  return Array.from({ length: count }, (_, subset) => {
    const row = data.subarray(subset * width, (subset + 1) * width);
    const where = `${place}: subset ${subset}`;
    const marked = form === 'mask' ? checkedMask(row, where) : maskOf(row, train.count, where);
    const keeps = marks === 'kept' ? 1 : 0;
    const kept = Int32Array.from(marked.keys()).filter((point) => marked[point] === keeps);
    if (kept.length === 0) throw foreignInvalid(where, 'keeps no training point');
    if (fraction !== null && Math.abs(fraction * train.count - kept.length) > 1)
      throw foreignInvalid(
        where,
        `keeps ${kept.length} of ${train.count} points, and ${truthFile} says a share of ${fraction}`,
      );
    return kept;
  });
}

type WholeNumbers = Exclude<NdArray['data'], Float32Array | Float64Array>;

function checkedMask(row: WholeNumbers, where: string): WholeNumbers {
  const wrong = row.find((value) => value !== 0 && value !== 1);
  if (wrong !== undefined) throw foreignInvalid(where, `has ${wrong} in its mask, which is of 0 and 1`);
  return row;
}

/** The mask of a list of points that -1 fills up. */
function maskOf(row: WholeNumbers, train: number, where: string): Uint8Array {
  const mask = new Uint8Array(train);
  let ended = false;
  for (const point of row) {
    if (point === -1) {
      ended = true;
      continue;
    }
    if (ended) throw foreignInvalid(where, `names point ${point} after -1, which ends a list`);
    if (point < 0 || point >= train) throw foreignInvalid(where, `names point ${point} of ${train}`);
    if (mask[point] === 1) throw foreignInvalid(where, `names point ${point} twice`);
    mask[point] = 1;
  }
  return mask;
}

/** Outputs of which more is more of the target. */
function higherIsMore({ shape, data }: NdArray, described: Description, place: string): Float32Array | Float64Array {
  const { subsets, outputs, queries } = described;
  const expected = outputs.single ? [subsets.count, outputs.seeds ?? 1, queries.count] : [subsets.count, queries.count];
  if (shape.length !== expected.length || shape.some((size, axis) => size !== expected[axis]))
    throw shapeError(place, shape, expected);
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw foreignInvalid(place, 'holds whole numbers, and not outputs', 'save it as float32 or float64');
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const perSubset = data.length / subsets.count;
    const where = `subset ${Math.floor(bad / perSubset)}, query ${bad % queries.count}`;
    throw foreignInvalid(place, `has the output ${data[bad]} at ${where}`, 'leave such subsets or queries out');
  }
  // 0 - x rather than -x, so that there is one 0.
  return outputs.sign === 'higher' ? data : data.map((value) => 0 - value);
}

function shapeError(place: string, shape: readonly number[], expected: readonly (number | string)[]): BenchError {
  return foreignInvalid(
    place,
    `has the shape [${shape.join(' × ')}], and ${truthFile} says [${expected.join(' × ')}]`,
    'check that the files belong together',
  );
}
