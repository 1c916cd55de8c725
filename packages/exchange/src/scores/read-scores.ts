import { BenchError, type ScoreShape } from '@attribution-bench/contract';
import { merged } from './about.js';
import { readScoreFile } from './read-score-file.js';
import type { AboutScores, Orientation, ScoreFile } from './score-file.js';

/** The points that scores are of. */
export interface ScoredTask {
  readonly id: string;
  /** Key of the task. */
  readonly key: string;
  readonly trainIds: readonly string[];
  readonly queryIds: readonly string[];
}

export interface ReadScores {
  /** Positive where the training point raises the query's target, [queries × train] or [train]. */
  readonly scores: Float32Array;
  readonly output: ScoreShape;
  readonly about: AboutScores;
}

/** Bytes of ids and of what else a file may say of its scores. */
const besidesBytes = 64 * 2 ** 20;
const widestNumber = 8;

/**
 * Reads scores that another program computed for a task, in the order of the task's points and with our sign.
 * @param declared what the grid says of them
 * @throws BenchError SCORES_FILE, SCORES_META, SCORES_OF_ANOTHER, SCORES_SHAPE, SCORES_IDS, SCORES_NOT_FINITE, NPY_INVALID,
 * DATA_CORRUPT
 */
export async function readScores(file: string, task: ScoredTask, declared: AboutScores = {}): Promise<ReadScores> {
  const { queryIds, trainIds } = task;
  const found = await readScoreFile(file, 2 * widestNumber * queryIds.length * trainIds.length + besidesBytes);
  if (found.task !== undefined && found.task !== task.key)
    throw new BenchError({
      code: 'SCORES_OF_ANOTHER',
      place: file,
      message: `is of the task with the key ${found.task.slice(0, 12)}…, and ${task.id} has ${task.key.slice(0, 12)}…`,
      next: 'export the task again and compute the scores from that: its data, model, recipe or target changed',
    });
  const about = merged(declared, found.about, file);
  const { output, turned } = layoutOf(found, task, about.orientation, file);
  const [train, queries] = [trainIds.length, queryIds.length];
  const columns = placesOf(found.trainIds, trainIds, 'train_ids', file);
  const rows = output === 'global' ? Int32Array.of(0) : placesOf(found.queryIds, queryIds, 'query_ids', file);
  const sign = about.sign === 'lowers' ? -1 : 1;
  const { data } = found.matrix;
  const scores = new Float32Array(rows.length * train);
  for (let r = 0; r < rows.length; r++) {
    for (let c = 0; c < train; c++) {
      const value = data[turned ? c * queries + r : r * train + c];
      if (!Number.isFinite(Math.fround(value))) throw notFinite(file, value, r, c, found, task);
      scores[rows[r] * train + columns[c]] = sign * value;
    }
  }
  return { scores, output, about };
}

/** How the matrix lies: the points of a file with ids are as many as those of the task, or {@link placesOf} says so. */
function layoutOf(
  { matrix: { shape } }: ScoreFile,
  { id, trainIds, queryIds }: ScoredTask,
  orientation: Orientation | undefined,
  place: string,
): { readonly output: ScoreShape; readonly turned: boolean } {
  const [train, queries] = [trainIds.length, queryIds.length];
  if (shape.length === 1 && shape[0] === train) return { output: 'global', turned: false };
  const isShape = (...wanted: number[]) => shape.length === 2 && wanted.every((size, axis) => size === shape[axis]);
  const straight = isShape(queries, train) && orientation !== 'train-by-queries';
  const turned = isShape(train, queries) && orientation !== 'queries-by-train';
  if (straight || turned) return { output: 'pairwise', turned: !straight };
  const wanted = {
    undefined: `[${queries} × ${train}] (queries × train), [${train} × ${queries}] or [${train}]`,
    'queries-by-train': `[${queries} × ${train}]`,
    'train-by-queries': `[${train} × ${queries}]`,
  }[orientation ?? 'undefined'];
  throw new BenchError({
    code: 'SCORES_SHAPE',
    place,
    message: `has scores of [${shape.join(' × ')}], and ${id} has ${queries} queries and ${train} training points`,
    next: `save ${wanted}`,
  });
}

/** Where each point of a file is in the task. @throws BenchError SCORES_IDS unless each point of the task is there once */
function placesOf(
  given: readonly string[] | undefined,
  known: readonly string[],
  name: string,
  place: string,
): Int32Array {
  if (given === undefined) return Int32Array.from(known, (_, index) => index);
  const fail = (message: string) =>
    new BenchError({ code: 'SCORES_IDS', place, message, next: 'use the ids of task.json, each once' });
  const indices = new Map(known.map((id, index) => [id, index]));
  const seen = new Map<string, number>();
  const places = Int32Array.from(given, (id, at) => {
    const index = indices.get(id);
    if (index === undefined) throw fail(`has the ${name} ${shownId(id)} at place ${at}, which the task does not have`);
    const before = seen.get(id);
    if (before !== undefined) throw fail(`has the ${name} ${shownId(id)} twice, at places ${before} and ${at}`);
    seen.set(id, at);
    return index;
  });
  const missing = known.filter((id) => !seen.has(id));
  if (missing.length > 0)
    throw fail(`lacks ${missing.length} of the ${known.length} ${name}, the first ${shownId(missing[0])}`);
  return places;
}

function shownId(id: string): string {
  return JSON.stringify(id.length > 60 ? `${id.slice(0, 60)}…` : id);
}

function notFinite(
  place: string,
  value: number,
  row: number,
  column: number,
  { trainIds, queryIds }: ScoreFile,
  task: ScoredTask,
): BenchError {
  const query = (queryIds ?? task.queryIds)[row];
  const point = (trainIds ?? task.trainIds)[column];
  return new BenchError({
    code: 'SCORES_NOT_FINITE',
    place,
    message: `has the score ${value} for query ${shownId(query)} and training point ${shownId(point)}`,
    next: 'look for a division by 0; scores are finite 32-bit numbers',
  });
}
