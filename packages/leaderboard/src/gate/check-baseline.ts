import type { Board } from '../board.js';
import type { BoardInput } from '../board-input.js';
import { type Entry, entriesOf } from '../make/entries.js';
import { rankingMetric } from '../make/ranking-metric.js';
import type { Baseline, BaselineTask } from './baseline.js';
import { type Check, type CheckedRow, type CheckedTask, checkSchema, failingVerdicts } from './check.js';
import { type ComparedRow, type Comparison, compareRow } from './compare-row.js';
import { judged } from './judge.js';
import { baselineTask } from './make-baseline.js';
import type { Tolerances } from './tolerances.js';

/** Probability at most that any row regresses where none is worse by more than its tolerance. */
const falseAlarm = 0.05;

/**
 * Compares what a grid scores now with its baseline, row by row and metric by metric, both on the truth at hand. A row has
 * regressed when the whole interval of its paired change lies on the worse side of the tolerance, and among all rows that
 * moved it stands out as well (Holm). The change of each seed counts as one draw of the method's randomness, so that a
 * method whose random numbers changed is not taken for a worse one.
 * @param board the board of the same input, for its ceiling and random rows
 * @throws BenchError BOARD_NOT_FINITE when a number of a comparison is none
 */
export function checkBaseline(
  input: BoardInput,
  board: Board,
  baseline: Baseline,
  { tolerances = {} }: { readonly tolerances?: Tolerances } = {},
): Check {
  const compared = baseline.tasks.flatMap((task) => checkTask(input, baseline, task, tolerances));
  const knownTasks = new Set(baseline.tasks.map(({ id }) => id));
  const newTasks = input.tasks.filter(({ info }) => !knownTasks.has(info.id));
  const last = baseline.accepted.at(-1);
  const rows = [
    ...judged(compared, falseAlarm),
    ...newTasks.flatMap(({ info }) => entriesIn(input, info.id).map((entry) => newRow(info.id, entry))),
  ];
  return {
    schema: checkSchema,
    grid: input.grid,
    passed: !rows.some(({ verdict }) => failingVerdicts.has(verdict)),
    ci: input.report.ci,
    falseAlarm,
    ...(last !== undefined && { accepted: { reason: last.reason, at: last.at } }),
    tasks: board.tasks.map(({ id, rankedBy }) => checkedTask(input, baseline, board, id, rankedBy)),
    rows,
  };
}

function entriesIn(input: BoardInput, task: string): Entry[] {
  return entriesOf(input, task, rankingMetric(input, task)?.id);
}

function checkedTask(
  input: BoardInput,
  { tasks }: Baseline,
  board: Board,
  id: string,
  metric: string | undefined,
): CheckedTask {
  const valueOfRow = (kind: 'ceiling' | 'control') =>
    board.rows.find((row) => row.task === id && row.kind === kind)?.metrics[metric ?? '']?.value;
  const [ceiling, random] = [valueOfRow('ceiling'), valueOfRow('control')];
  const known = tasks.find((task) => task.id === id);
  const task = input.tasks.find(({ info }) => info.id === id);
  const remade = known === undefined || task === undefined ? undefined : remadeOf(known, baselineTask(task, input));
  return {
    id,
    ...(metric !== undefined && { metric }),
    ...(ceiling !== undefined && { ceiling }),
    ...(random !== undefined && { random }),
    ...(remade !== undefined && { remade }),
  };
}

/** What came out as other bytes than then, although it is described alike. */
function remadeOf(then: BaselineTask, now: BaselineTask): string | undefined {
  if (incomparable(then, now) !== undefined) return undefined;
  const models = then.models === now.models ? [] : ['the models'];
  const outputs = then.truth?.outputs === now.truth?.outputs ? [] : ['what retrained models put out'];
  const others = [...models, ...outputs];
  if (others.length === 0) return undefined;
  return `${others.join(' and ')} came out as other numbers than in the baseline (another processor, runtime or harness): the predictions of the baseline are measured on the present truth`;
}

function newRow(task: string, { name, status, reason }: Entry): CheckedRow {
  if (status === 'failed' || status === 'incomplete')
    return { task, entry: name, verdict: 'failed', reason: reason ?? status };
  return { task, entry: name, verdict: 'new', reason: 'not in the baseline: bench accept adds it' };
}

function checkTask(
  input: BoardInput,
  baseline: Baseline,
  known: BaselineTask,
  tolerances: Tolerances,
): (CheckedRow | ComparedRow)[] {
  const rows = baseline.rows.filter(({ task }) => task === known.id);
  const task = input.tasks.find(({ info }) => info.id === known.id);
  if (task === undefined) {
    return rows.map(({ entry }) => ({
      task: known.id,
      entry,
      verdict: 'missing',
      reason: 'its task is no longer in the grid',
    }));
  }
  const entries = entriesIn(input, known.id);
  const added = entries.filter(({ name, status }) => status !== 'skipped' && !rows.some(({ entry }) => entry === name));
  const now = baselineTask(task, input);
  const difference = incomparable(known, now);
  const comparison: Omit<Comparison, 'row' | 'entry'> = {
    input,
    task,
    known,
    rows,
    tolerances,
    sameModels: known.models === now.models,
  };
  const compared = rows.flatMap((row): (CheckedRow | ComparedRow)[] => {
    const entry = entries.find(({ name }) => name === row.entry);
    const about = { task: known.id, entry: row.entry };
    if (entry === undefined) return [{ ...about, verdict: 'missing', reason: 'no longer in the grid' }];
    if (entry.status !== 'ok')
      return [{ ...about, verdict: 'failed', reason: `${entry.status}: ${entry.reason ?? 'no result'}` }];
    if (difference !== undefined) return [{ ...about, verdict: 'not-comparable', reason: difference }];
    return Object.keys(row.metrics).map((metric) => compareRow({ ...comparison, row, entry }, metric));
  });
  return [...compared, ...added.map((entry) => newRow(known.id, entry))];
}

/** Why numbers of the task now cannot be set against those of then; undefined when they can. */
function incomparable(then: BaselineTask, now: BaselineTask): string | undefined {
  const next = 'if that is meant, bench accept takes the new numbers as baseline';
  if (then.key !== now.key) return `the task is another one (data, model, target or seed changed): ${next}`;
  if (then.truth?.subsets !== now.truth?.subsets) return `the truth has other subsets: ${next}`;
  if (then.split !== now.split) return `other subsets, queries or training points are reported on: ${next}`;
  return undefined;
}
