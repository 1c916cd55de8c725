import { createHash } from 'node:crypto';
import { BenchError, bool, choice, file, list, nearest, num, optional, text } from '@attribution-bench/contract';
import { type ArrayFile, arrayFiles } from './array-files.js';
import { defineDataset, type Partition, type PointSource, pointParams } from './dataset.js';
import { type NpyArray, openNpy, type PointLayout, readNumbers, readPoints, readWholeNumbers } from './npy-array.js';
import { noGroup } from './rows-by-group.js';
import type { DataEnvironment } from './task-data.js';

const names = { x: 'x_train', y: 'y_train', heldoutX: 'x_test', heldoutY: 'y_test' } as const;
const groupNames = { train: 'group_train', heldout: 'group_test' } as const;
const known: readonly string[] = Object.values(names);
const needed =
  'save x_train [points × …] and y_train [points], and x_test and y_test for held-out points of their own, e.g. with numpy.savez';
const mostClasses = 100_000;
const mostGroup = 2 ** 31 - 1;
/** Images have at most this many channels, and more rows and columns than that. */
const mostChannels = 4;

/**
 * The user's own arrays: an `.npz` file, or a folder of `.npy` files, with `x_train` [n × …] and `y_train` [n], and, for
 * held-out points of their own, `x_test` and `y_test`; with `groups` also `group_train` and `group_test`. Classes are the distinct numbers of `y_train`, in their order;
 * where the model is a regressor, its numbers are what is predicted.
 */
export const arrays = defineDataset({
  id: 'arrays',
  title: 'NumPy arrays',
  licence: "the user's own",
  home: '',
  kinds: ['classifier', 'generator', 'regressor'],
  params: {
    ...pointParams({ train: 1000, queries: 100 }),
    classes: list(text({ help: 'a class number, as text' }), { default: [], help: 'classes to keep; none named: all' }),
    path: file({ help: 'the .npz file, or the folder of .npy files' }),
    scale: num({ default: 1, help: 'what every value is multiplied by, e.g. 0.00392156862745098 for bytes' }),
    layout: choice(['auto', 'channels-last', 'channels-first'], {
      default: 'auto',
      help: 'of points with three axes: height × width × channels or channels × height × width; auto: the former, and points that look like the latter are refused',
    }),
    groups: optional(
      bool({
        help: 'whether group_train (and group_test) say which points belong together: one whole number a point, -1 for none',
      }),
    ),
  },
  fingerprint: async ({ path, groups }) => {
    const hash = createHash('sha256');
    const files = await checkedFiles(path);
    for (const name of groups === true ? [...known, ...Object.values(groupNames)] : known) {
      const array = files.get(name);
      if (array === undefined) continue;
      hash.update(`${name}\0${array.bytes}\0`);
      for await (const part of array.parts()) hash.update(part);
    }
    return hash.digest('hex');
  },
  load: (params, environment, _seed, kind) => loadArrays(params, environment, kind === 'regressor'),
});

/** What of arrays is read, and how: parameters of the dataset. */
interface ArraysToRead {
  readonly path: string;
  readonly scale: number;
  readonly layout: 'auto' | PointLayout;
  readonly groups?: boolean | undefined;
}

/**
 * @param predicts whether the numbers of `y_train` are to be predicted, in place of being classes
 * @throws BenchError DATA_MISSING, DATA_CORRUPT, DATA_NOT_FINITE, NPY_INVALID
 */
export async function loadArrays(
  { path, scale, layout, groups }: ArraysToRead,
  environment: DataEnvironment,
  predicts = false,
): Promise<PointSource> {
  const files = await checkedFiles(path);
  const [x, y] = await labelled(files, names.x, names.y, path, predicts);
  const inputShape = pointShape(x, layout);
  const turned: PointLayout = layout === 'channels-first' ? layout : 'channels-last';
  const found = predicts ? [0] : [...new Set(y)].sort((a, b) => a - b);
  if (found.length > mostClasses) {
    throw corrupt(`${path}: ${names.y}`, `holds ${found.length} different numbers, too many to be classes`);
  }
  sayClasses(found, environment);
  const classNames = found.map(String);
  const classOf = new Map(found.map((number, label) => [number, label]));
  const partition = async (
    name: keyof typeof groupNames,
    array: NpyArray,
    numbers: Float64Array,
  ): Promise<Partition> => ({
    name: name === 'heldout' ? 'test' : name,
    values: (rows, put) => readPoints(array, rows, scale, turned, put),
    scale: 1,
    labels: predicts
      ? new Int32Array(numbers.length)
      : Int32Array.from(numbers, (number) => classOf.get(number) as number),
    ...(predicts && { responses: numbers }),
    ...(groups === true && { groups: await groupsOf(files, groupNames[name], numbers.length, path) }),
  });
  const train = await partition('train', x, y);
  if (!files.has(names.heldoutX)) return { inputShape, classNames, pixels: false, train };
  const [heldoutX, heldoutY] = await labelled(files, names.heldoutX, names.heldoutY, path, predicts);
  if (heldoutX.header.shape.slice(1).join() !== x.header.shape.slice(1).join()) {
    const shape = ({ header }: NpyArray) => `[${header.shape.slice(1).join(', ')}]`;
    throw corrupt(path, `${names.heldoutX} has points of ${shape(heldoutX)}, ${names.x} of ${shape(x)}`);
  }
  for (const number of heldoutY) {
    if (!predicts && !classOf.has(number)) classOf.set(number, classNames.push(String(number)) - 1);
  }
  const heldout = await partition('heldout', heldoutX, heldoutY);
  return { inputShape, classNames, pixels: false, train, heldout };
}

/** An array of points, and their class numbers or, where they are to be predicted, numbers of any kind. */
async function labelled(
  files: ReadonlyMap<string, ArrayFile>,
  points: string,
  classes: string,
  path: string,
  predicts: boolean,
): Promise<[NpyArray, Float64Array]> {
  const open = async (name: string) => {
    const found = files.get(name);
    if (found === undefined) throw corrupt(path, `has no array ${name}: ${foundIn(files)}`, needed);
    return openNpy(found);
  };
  const x = await open(points);
  const { shape } = x.header;
  if (shape.length < 2) throw corrupt(x.file.place, `has shape [${shape.join(', ')}], expected [points, …]`, needed);
  if (shape.includes(0)) throw corrupt(x.file.place, `has shape [${shape.join(', ')}]: there is no number in it`);
  const y = await open(classes);
  return [x, await (predicts ? readNumbers(y, shape[0]) : readWholeNumbers(y, shape[0]))];
}

/** The number of each point's group. */
async function groupsOf(
  files: ReadonlyMap<string, ArrayFile>,
  name: string,
  points: number,
  path: string,
): Promise<Int32Array> {
  const found = files.get(name);
  const next = `save ${name} [points], the number of the group of each point, or leave data.groups out`;
  if (found === undefined) throw corrupt(path, `has no array ${name}: ${foundIn(files)}`, next);
  const numbers = await readWholeNumbers(await openNpy(found), points);
  const wrong = numbers.findIndex((number) => number < noGroup || number > mostGroup);
  if (wrong !== -1)
    throw corrupt(`${path}: ${name}`, `[${wrong}] is ${numbers[wrong]}, expected a group from 0, or -1`, next);
  return Int32Array.from(numbers);
}

/** The shape of a point as models see it. */
function pointShape({ file: { place }, header }: NpyArray, layout: 'auto' | PointLayout): number[] {
  const shape = header.shape.slice(1);
  const [first, height, width] = shape;
  if (layout === 'channels-first' && shape.length !== 3) {
    throw corrupt(place, `has points of [${shape.join(', ')}], which have no channels`, 'leave data.layout out');
  }
  if (layout === 'channels-first') return [height, width, first];
  const looksTurned = shape.length === 3 && first <= mostChannels && Math.min(height, width) > mostChannels;
  if (layout === 'channels-last' || !looksTurned) return shape;
  throw corrupt(
    place,
    `has points of [${shape.join(', ')}], which looks like channels × height × width`,
    'set data.layout to channels-first, or to channels-last if it is height × width × channels',
  );
}

/** Class numbers that do not count from 0 may be a mistake, so what they become is said. */
function sayClasses(found: readonly number[], { log }: DataEnvironment): void {
  const last = found.length - 1;
  if (found[0] === 0 && found[last] === last) return;
  const few = found.length <= 10 ? found.join(', ') : `${found.slice(0, 5).join(', ')} … ${found[last]}`;
  log(`${names.y} holds ${found.length} classes: ${few}`);
}

/**
 * The arrays of an archive or folder by name.
 * @throws BenchError DATA_CORRUPT when some that are not read look like points or classes: they would be dropped
 */
async function checkedFiles(path: string): Promise<ReadonlyMap<string, ArrayFile>> {
  const files = await arrayFiles(path);
  const stray = [...files.keys()].find((name) => /^[xy]_/i.test(name) && !known.includes(name));
  if (stray !== undefined) {
    const meant = nearest(
      stray,
      known.filter((name) => !files.has(name)),
    );
    throw corrupt(
      path,
      `has the array ${stray}, which is not read`,
      meant === undefined ? `it may hold ${known.join(', ')}; remove or rename ${stray}` : `did you mean ${meant}?`,
    );
  }
  if (files.has(names.heldoutY) && !files.has(names.heldoutX)) {
    throw corrupt(path, `has ${names.heldoutY} without ${names.heldoutX}: ${foundIn(files)}`, needed);
  }
  return files;
}

/** The arrays of an archive or folder in words, the first ones of many. */
function foundIn(files: ReadonlyMap<string, ArrayFile>): string {
  const all = [...files.keys()];
  if (all.length === 0) return 'no array was found';
  return `found ${all.slice(0, 8).join(', ')}${all.length > 8 ? ' …' : ''}`;
}

function corrupt(place: string, message: string, next = 'save the arrays again'): BenchError {
  return new BenchError({ code: 'DATA_CORRUPT', place, message, next });
}
