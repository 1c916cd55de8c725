import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { type AboutScores, readScores } from '../src/index.js';
import { npy, safetensors, texts } from './support/files.js';
import { points, temporaryFolder } from './support/points.js';

const { trainIds, queryIds } = points;
/** Score of query q and training point i: 10 q + i. */
const straight = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23];
const turned = [0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23];

function saved(name: string, bytes: Uint8Array): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, bytes);
  return file;
}

const npz = (members: Readonly<Record<string, Uint8Array>>) =>
  zipSync(Object.fromEntries(Object.entries(members).map(([name, bytes]) => [`${name}.npy`, bytes])));
const shuffledTrain = ['train/9', 'train/0', 'train/7', 'train/5'];
const shuffledQueries = ['test/8', 'test/1', 'test/2'];
/** The same scores for these orders of the points. */
const shuffled = [23, 20, 22, 21, 3, 0, 2, 1, 13, 10, 12, 11];

describe('scores come out in the order of the task, positive where a point raises the target', () => {
  const cases: [string, string, Uint8Array, AboutScores][] = [
    ['a bare matrix', 'a.npy', npy([3, 4], straight), {}],
    ['a matrix of 64-bit numbers', 'a.npy', npy([3, 4], straight, '<f8'), {}],
    ['a matrix turned round, told by its shape', 'a.npy', npy([4, 3], turned), {}],
    [
      'a sign in the grid',
      'a.npy',
      npy(
        [3, 4],
        straight.map((x) => -x),
      ),
      { sign: 'lowers' },
    ],
    [
      'an archive with ids in another order',
      'a.npz',
      npz({ scores: npy([3, 4], shuffled), train_ids: texts(shuffledTrain), query_ids: texts(shuffledQueries) }),
      {},
    ],
    [
      'an archive that says its sign',
      'a.npz',
      npz({
        scores: npy(
          [3, 4],
          straight.map((x) => -x),
        ),
        meta: texts('{"schema":"bench/scores@1","sign":"lowers"}'),
      }),
      {},
    ],
    [
      'safetensors with ids in another order',
      'a.safetensors',
      safetensors(
        { scores: { shape: [3, 4], data: Float32Array.from(shuffled) } },
        { train_ids: JSON.stringify(shuffledTrain), query_ids: JSON.stringify(shuffledQueries), task: points.key },
      ),
      {},
    ],
    [
      'safetensors of 64-bit numbers',
      'a.safetensors',
      safetensors({ scores: { shape: [3, 4], data: Float64Array.from(straight) } }, {}),
      {},
    ],
  ];
  test.each(cases)('%s', async (_name, name, bytes, about) => {
    const { scores, output } = await readScores(saved(name, bytes), points, about);
    expect([...scores]).toEqual(straight);
    expect(output).toBe('pairwise');
  });

  test('one number for each training point is a global score', async () => {
    const found = await readScores(saved('a.npy', npy([4], [1, 2, 3, 4])), points);
    expect(found.output).toBe('global');
    expect([...found.scores]).toEqual([1, 2, 3, 4]);
  });

  test('as many queries as training points: the orientation is what is said, queries first by default', async () => {
    const square = { ...points, queryIds: trainIds.map((id) => id.replace('train', 'test')) };
    const matrix = Array.from({ length: 16 }, (_, i) => i);
    const file = saved('a.npy', npy([4, 4], matrix));
    expect([...(await readScores(file, square)).scores]).toEqual(matrix);
    const { scores } = await readScores(file, square, { orientation: 'train-by-queries' });
    expect([...scores]).toEqual(matrix.map((_, i) => (i % 4) * 4 + Math.floor(i / 4)));
  });

  test('title, family and cost of the file, those of the grid first', async () => {
    const meta = { schema: 'bench/scores@1', title: 'TRAK', family: 'gradient', cost: { seconds: 3, retrainings: 5 } };
    const file = saved('a.npz', npz({ scores: npy([3, 4], straight), meta: texts(JSON.stringify(meta)) }));
    const { about } = await readScores(file, points, { title: 'TRAK of the authors' });
    expect(about).toEqual({ title: 'TRAK of the authors', family: 'gradient', cost: { seconds: 3, retrainings: 5 } });
  });
});

describe('what does not fit is one failure that says where and what', () => {
  const nan = straight.map((x) => (x === 12 ? Number.NaN : x));
  const archive = (more: Readonly<Record<string, Uint8Array>>) => npz({ scores: npy([3, 4], straight), ...more });
  const tensors = (metadata: Readonly<Record<string, string>>, name = 'scores') =>
    safetensors({ [name]: { shape: [3, 4], data: Float32Array.from(straight) } }, metadata);
  const cases: [string, string, Uint8Array, RegExp, AboutScores?][] = [
    [
      'another shape',
      'a.npy',
      npy([4, 4], new Array(16).fill(0)),
      /SCORES_SHAPE .*has scores of \[4 × 4\], and tiny has 3 queries and 4/,
    ],
    ['a third axis', 'a.npy', npy([3, 4, 1], straight), /SCORES_SHAPE .*has scores of \[3 × 4 × 1\]/],
    [
      'another orientation than said',
      'a.npy',
      npy([3, 4], straight),
      /SCORES_SHAPE .*save \[4 × 3\]/,
      { orientation: 'train-by-queries' },
    ],
    [
      'NaN',
      'a.npy',
      npy([3, 4], nan),
      /SCORES_NOT_FINITE .*the score NaN for query "test\/2" and training point "train\/7"/,
    ],
    [
      'a number beyond 32 bits',
      'a.npy',
      npy([4], [1, 1e39, 2, 3], '<f8'),
      /SCORES_NOT_FINITE .*the score 1e\+39 .*"train\/5"/,
    ],
    [
      'a missing id',
      'a.npz',
      archive({ train_ids: texts(trainIds.slice(1)) }),
      /SCORES_IDS .*lacks 1 of the 4 train_ids, the first "train\/0"/,
    ],
    [
      'a doubled id',
      'a.npz',
      archive({ query_ids: texts(['test/1', 'test/2', 'test/1']) }),
      /SCORES_IDS .*the query_ids "test\/1" twice, at places 0 and 2/,
    ],
    [
      'a strange id',
      'a.npz',
      archive({ query_ids: texts(['test/1', 'test/2', 'test/3']) }),
      /SCORES_IDS .*"test\/3" at place 2, which the task does not have/,
    ],
    [
      'queries as training points',
      'a.npz',
      archive({ train_ids: texts(queryIds) }),
      /SCORES_IDS .*the train_ids "test\/1" at place 0/,
    ],
    [
      'the key of another task',
      'a.safetensors',
      tensors({ task: 'b'.repeat(64) }),
      /SCORES_OF_ANOTHER .*with the key bbbbbbbbbbbb…, and tiny has aaaaaaaaaaaa…/,
    ],
    [
      'two signs',
      'a.safetensors',
      tensors({ sign: 'lowers' }),
      /SCORES_META .*says sign "lowers", and the grid says "raises"/,
      { sign: 'raises' },
    ],
    ['an unknown sign', 'a.safetensors', tensors({ sign: 'up' }), /SCORES_META .*says sign "up", say raises or lowers/],
    [
      'another schema',
      'a.safetensors',
      tensors({ schema: 'bench/scores@2' }),
      /SCORES_META .*the schema "bench\/scores@2"/,
    ],
    ['an unknown member', 'a.safetensors', tensors({ colour: 'red' }), /SCORES_META .*says "colour"/],
    [
      'a negative cost',
      'a.safetensors',
      tensors({ cost: '{"seconds":-1}' }),
      /SCORES_META .*whose seconds is not a number/,
    ],
    [
      'a title with a line break',
      'a.safetensors',
      tensors({ title: 'a\nb' }),
      /SCORES_META .*a title that is not a text/,
    ],
    [
      'ids that are not JSON',
      'a.safetensors',
      tensors({ train_ids: '[' }),
      /SCORES_FILE .*has a train_ids that is not JSON/,
    ],
    ['no scores', 'a.safetensors', tensors({}, 'grads'), /SCORES_FILE .*has no array "scores"; it has grads/],
    [
      'no scores in an archive',
      'a.npz',
      npz({ attributions: npy([4], [1, 2, 3, 4]) }),
      /SCORES_FILE .*it has attributions/,
    ],
    [
      'texts that are numbers',
      'a.npz',
      archive({ train_ids: npy([4], [0, 1, 2, 3]) }),
      /NPY_INVALID .*train_ids holds elements of type <f4, and no texts/,
    ],
    [
      'no file of scores',
      'a.pt',
      npy([4], [1, 2, 3, 4]),
      /SCORES_FILE .*ends in "\.pt", scores are read from \.npy, \.npz, \.safetensors/,
    ],
    [
      'half a file',
      'a.safetensors',
      tensors({}).subarray(0, 40),
      /SCORES_FILE .*is truncated or not a safetensors file/,
    ],
    ['no archive', 'a.npz', npy([4], [1, 2, 3, 4]), /DATA_CORRUPT .*is not a whole \.npz archive/],
  ];
  test.each(cases)('%s', async (_name, name, bytes, said, about = {}) => {
    const failure = await readScores(saved(name, bytes), points, about).then(
      () => 'none',
      (error) => `${error.code} ${error.line}`,
    );
    expect(failure).toMatch(said);
  });

  test('a file that is missing', async () => {
    await expect(readScores('/nowhere/a.npy', points)).rejects.toThrow('was not found');
  });
});
