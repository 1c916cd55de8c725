import { BenchError, hashJson, sha256 } from '@attribution-bench/contract';
import type { TruthGrowth } from '@attribution-bench/leaderboard';
import { openBackend, openLock, openStore, readSmall } from '@attribution-bench/store';
import { taskKey } from '@attribution-bench/tasks';
import type { Grid, GridTask, ModelTask, TruthSpec } from '../model/grid.js';

/** How far the truths of a grid have been grown: `growth/<grid>.json` of the results, by task id. */
export type GrowthRecord = Readonly<Record<string, GrownTruth>>;

export interface GrownTruth extends TruthGrowth {
  /** Subsets of the last look that was finished. */
  readonly reached: number;
  /** Hash of what the truth is made from; of another truth this entry says nothing. */
  readonly truth: string;
}

const schema = 'bench/growth@1';

/** @param results folder or URL */
export function growthFile(results: string, grid: string): string {
  return openBackend(results).place(nameOf(grid));
}

function nameOf(grid: string): string {
  return `growth/${grid}.json`;
}

/** Larger ones are none of ours. */
const maxBytes = 1 << 20;

/** Nothing where no truth of the grid was ever grown. @throws BenchError GROWTH_INVALID */
export async function readGrowth(results: string, grid: string): Promise<GrowthRecord> {
  const file = growthFile(results, grid);
  let text: string;
  try {
    const found = await readSmall(openBackend(results), nameOf(grid), maxBytes);
    if (found === undefined) return {};
    text = Buffer.from(found.content).toString('utf8');
  } catch (error) {
    if (error instanceof BenchError) throw error;
    throw unreadable(file, `cannot be read (${error instanceof Error ? error.message : String(error)})`, error);
  }
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, 'is not JSON', error);
  }
  const { schema: found, tasks } = (stored ?? {}) as { readonly schema?: unknown; readonly tasks?: unknown };
  if (found !== schema || typeof tasks !== 'object' || tasks === null) throw unreadable(file, `is not ${schema}`);
  const damaged = Object.entries(tasks).find(([, entry]) => !isGrownTruth(entry));
  if (damaged !== undefined) throw unreadable(file, `has unusable values for task "${damaged[0]}"`);
  return tasks as GrowthRecord;
}

/**
 * Keeps a record; where another process has come further meanwhile, that stays. One process of a grid does so at a time, by a claim
 * in its store. Returns what is kept.
 * @throws BenchError GROWTH_INVALID, and as the store's `put`
 */
export async function writeGrowth(results: string, grid: string, record: GrowthRecord): Promise<GrowthRecord> {
  const unlock = await openLock(openStore(`${results}/store`), { kind: 'growth', key: sha256(grid) });
  try {
    const before = await readGrowth(results, grid);
    const tasks = Object.fromEntries(
      Object.entries({ ...before, ...record }).map(([id, entry]) => {
        const other = before[id];
        const reached = other?.truth === entry.truth ? Math.max(entry.reached, other.reached) : entry.reached;
        return [id, { ...entry, reached }];
      }),
    );
    const text = `${JSON.stringify({ schema, tasks }, undefined, 2)}\n`;
    await openBackend(results).put(nameOf(grid), [Buffer.from(text)]);
    return tasks;
  } finally {
    await unlock();
  }
}

/** The entry of a task, where it is of the truth that the grid file asks for. */
export function entryFor(task: GridTask, record: GrowthRecord): GrownTruth | undefined {
  if (task.truth === undefined) return undefined;
  const entry = Object.hasOwn(record, task.id) ? record[task.id] : undefined;
  return entry?.truth === identityOf(task.spec, task.truth) ? entry : undefined;
}

/** A truth at its first look. */
export function firstLook({ spec, truth }: Required<ModelTask>, growth: Omit<TruthGrowth, 'block'>): GrownTruth {
  return { block: truth.subsets, ...growth, reached: truth.subsets, truth: identityOf(spec, truth) };
}

/** A grid whose truths are as large as a record says they have become. */
export function grownGrid(grid: Grid, record: GrowthRecord): Grid {
  const tasks = grid.tasks.map((task): GridTask => {
    const entry = entryFor(task, record);
    if (entry === undefined || task.truth === undefined) return task;
    const { block, looks, top, margin, reached } = entry;
    return { ...task, truth: { ...task.truth, subsets: reached, growth: { block, looks, top, margin } } };
  });
  return { ...grid, tasks };
}

/** Identity of the truth as the grid file has it, so before it is grown; what is in the user's own data files is not looked at. */
function identityOf(spec: ModelTask['spec'], truth: TruthSpec): string {
  const { fraction, stratified, by, retrainSeeds, subsets, seeds } = truth;
  return hashJson({ task: taskKey(spec, undefined), fraction, stratified, by, retrainSeeds, subsets, seeds });
}

function isGrownTruth(value: unknown): value is GrownTruth {
  if (typeof value !== 'object' || value === null) return false;
  const { block, looks, top, margin, reached, truth } = value as Partial<GrownTruth>;
  const counts = [block, looks, top, reached] as const;
  if (!counts.every((count) => Number.isSafeInteger(count) && (count ?? 0) > 0)) return false;
  const look = (reached ?? 0) / (block ?? 1);
  return Number.isInteger(look) && look <= (looks ?? 0) && Number.isFinite(margin) && typeof truth === 'string';
}

function unreadable(file: string, message: string, cause?: unknown): BenchError {
  return new BenchError({
    code: 'GROWTH_INVALID',
    place: file,
    message,
    next: 'put it back, or remove it to return to the sizes of the grid file',
    cause,
  });
}
