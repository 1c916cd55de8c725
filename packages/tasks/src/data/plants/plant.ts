import { BenchError, didYouMean, type ErrorCode, type Params, type Rng } from '@attribution-bench/contract';
import type { PointSource } from '../dataset.js';
import type { Normalisation } from '../normalisation.js';
import type { DataEnvironment, TaskData } from '../task-data.js';
import type { plantParams } from './plant-params.js';

/** The value of one of {@link plantParams}, where it is given. */
export type PlantValue<K extends keyof typeof plantParams> = Params<typeof plantParams>[K];

/** What something is planted in. */
export interface Ground {
  /** Id of the task, for messages. */
  readonly task: string;
  readonly source: PointSource;
  /** The task's classes: numbers of classes of the source. */
  readonly kept: readonly number[];
  /** Of the task's points. */
  readonly normalisation: Normalisation;
  readonly environment: DataEnvironment;
  /** Seed of the grid. */
  readonly seed: number;
  /** Random numbers of the plant. */
  readonly rng: Rng;
}

/** Plants something in points and marks them. The numbers of the points are changed in place; all else is new. */
export type Plant<K extends keyof typeof plantParams> = (
  data: TaskData,
  value: PlantValue<K>,
  ground: Ground,
) => TaskData | Promise<TaskData>;

/** @param key names the parameter at fault */
export function plantError(code: ErrorCode, { task }: Ground, key: string, message: string, next: string): BenchError {
  return new BenchError({ code, place: `task "${task}"`, message: `data.${key} ${message}`, next });
}

/** The label of a class of the task by its name. @throws BenchError CLASS_UNKNOWN */
export function labelNamed(name: string, key: string, ground: Ground): number {
  const names = ground.kept.map((label) => ground.source.classNames[label]);
  const label = names.indexOf(name);
  if (label !== -1) return label;
  const few = names.length > 20 ? [...names.slice(0, 20), '…'] : names;
  throw plantError(
    'CLASS_UNKNOWN',
    ground,
    key,
    `names ${JSON.stringify(name)}, which is not a class of the task`,
    didYouMean(name, names, `classes: ${few.join(', ')}`),
  );
}

/** 1 at some rows of so many, otherwise 0. */
export function marksAt(rows: Iterable<number>, of: number): Int32Array {
  const marks = new Int32Array(of);
  for (const row of rows) marks[row] = 1;
  return marks;
}

/** So many of some rows at random, in their order; at least one. */
export function someOf(rows: readonly number[], share: number, rng: Rng): number[] {
  const count = Math.max(1, Math.round(share * rows.length));
  return Array.from(rng.subset(rows.length, Math.min(rows.length, count)), (at) => rows[at]);
}
