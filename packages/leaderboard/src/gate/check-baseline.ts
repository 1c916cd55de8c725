import { type BoardInput, type BoardTask, canonicalJson } from '@attribution-bench/contract';
import type { Board } from '../board.js';
import { describeParams, type Entry, entriesOf } from '../make/entries.js';
import { measureMetric } from '../make/measure/measure-metric.js';
import { differenceOfSeeds, intervalOf, pairedDifference } from '../make/measure/measurement.js';
import { rankingMetric } from '../make/ranking-metric.js';
import { rounded } from '../make/rounding.js';
import type { Baseline, BaselineRow, BaselineTask } from './baseline.js';
import { entryOfBaseline, sameYardstick } from './baseline-entry.js';
import { type Check, type CheckedRow, type CheckedTask, checkSchema, failingVerdicts } from './check.js';
import { splitDigest } from './make-baseline.js';

/**
 * Compares what a grid scores now with its baseline, row by row and metric by metric. A row has regressed when the whole
 * interval of its paired change lies on the worse side of the tolerance. The change of each seed counts as one draw of
 * the method's randomness, so that a method whose random numbers changed is not taken for a worse one.
 * @param board the board of the same input, for its ceiling and random rows
 */
export function checkBaseline(
  input: BoardInput,
  board: Board,
  baseline: Baseline,
  { tolerance }: { readonly tolerance: number },
): Check {
  const rows = baseline.tasks.flatMap((task) => checkTask(input, baseline, task, tolerance));
  const knownTasks = new Set(baseline.tasks.map(({ id }) => id));
  const newTasks = input.tasks.filter(({ info }) => !knownTasks.has(info.id));
  const last = baseline.accepted.at(-1);
  const all = [
    ...rows,
    ...newTasks.flatMap(({ info }) => entriesIn(input, info.id).map((entry) => newRow(info.id, entry))),
  ];
  return {
    schema: checkSchema,
    grid: input.grid,
    passed: !all.some(({ verdict }) => failingVerdicts.has(verdict)),
    tolerance,
    ci: input.report.ci,
    ...(last === undefined ? {} : { accepted: { reason: last.reason, at: last.at } }),
    tasks: board.tasks.map(({ id, rankedBy }) => checkedTask(board, id, rankedBy)),
    rows: all,
  };
}

function entriesIn(input: BoardInput, task: string): Entry[] {
  return entriesOf(input, task, rankingMetric(input, task)?.id);
}

function checkedTask(board: Board, task: string, metric: string | undefined): CheckedTask {
  const valueOfRow = (kind: 'ceiling' | 'control') =>
    board.rows.find((row) => row.task === task && row.kind === kind)?.metrics[metric ?? '']?.value;
  const [ceiling, random] = [valueOfRow('ceiling'), valueOfRow('control')];
  return {
    id: task,
    ...(metric === undefined ? {} : { metric }),
    ...(ceiling === undefined ? {} : { ceiling }),
    ...(random === undefined ? {} : { random }),
  };
}

function newRow(task: string, { name, status, reason }: Entry): CheckedRow {
  if (status === 'failed' || status === 'incomplete')
    return { task, entry: name, verdict: 'failed', reason: reason ?? status };
  return { task, entry: name, verdict: 'new', reason: 'not in the baseline: bench accept adds it' };
}

function checkTask(input: BoardInput, baseline: Baseline, known: BaselineTask, tolerance: number): CheckedRow[] {
  const before = baseline.rows.filter(({ task }) => task === known.id);
  const task = input.tasks.find(({ info }) => info.id === known.id);
  if (task === undefined) {
    return before.map(({ entry }) => ({
      task: known.id,
      entry,
      verdict: 'missing',
      reason: 'its task is no longer in the grid',
    }));
  }
  const entries = entriesIn(input, known.id);
  const added = entries.filter(
    ({ name, status }) => status !== 'skipped' && !before.some(({ entry }) => entry === name),
  );
  const difference = incomparable(task, known);
  const rows = before.flatMap((row): CheckedRow[] => {
    const entry = entries.find(({ name }) => name === row.entry);
    const about = { task: known.id, entry: row.entry };
    if (entry === undefined) return [{ ...about, verdict: 'missing', reason: 'no longer in the grid' }];
    if (entry.status !== 'ok')
      return [{ ...about, verdict: 'failed', reason: `${entry.status}: ${entry.reason ?? 'no result'}` }];
    if (difference !== undefined) return [{ ...about, verdict: 'not-comparable', reason: difference }];
    return Object.keys(row.metrics).map((metric) => compare(input, task, known, row, entry, metric, tolerance));
  });
  return [...rows, ...added.map((entry) => newRow(known.id, entry))];
}

/** Why numbers of the task now cannot be set against those of then; undefined when they can. */
function incomparable(task: BoardTask, known: BaselineTask): string | undefined {
  const next = 'if that is meant, bench accept takes the new numbers as baseline';
  if (task.truth?.key !== known.truth)
    return `the ground truth is another one (${shortKey(known.truth)} then, ${shortKey(task.truth?.key)} now): ${next}`;
  if (splitDigest(task) !== known.split) return `other subsets, queries or training points are reported on: ${next}`;
  return undefined;
}

function shortKey(key: string | undefined): string {
  return key?.slice(0, 12) ?? 'none';
}

function compare(
  input: BoardInput,
  task: BoardTask,
  known: BaselineTask,
  row: BaselineRow,
  entry: Entry,
  id: string,
  tolerance: number,
): CheckedRow {
  const about = { task: known.id, entry: row.entry, metric: id };
  const metric = input.metrics.find((candidate) => candidate.id === id);
  const paramsThen = known.metrics.find((candidate) => candidate.id === id)?.params;
  if (metric === undefined || entry.cells.some((cell) => cell.metrics[id] === undefined))
    return { ...about, verdict: 'missing', reason: `${id} is no longer measured` };
  if (canonicalJson(paramsThen ?? {}) !== canonicalJson(metric.params))
    return {
      ...about,
      verdict: 'not-comparable',
      reason: `the parameters of ${id} changed: bench accept takes the new numbers`,
    };
  if (!sameYardstick(row, entry, id)) {
    return {
      ...about,
      verdict: 'not-comparable',
      reason: `${id} is measured against other retrainings or labels: bench accept takes the new numbers`,
    };
  }
  const [now, was] = measureMetric(task, metric, [entry, entryOfBaseline(row, entry, id)], input).entries;
  if (now === undefined || was === undefined) return { ...about, verdict: 'missing', reason: `${id} has no result` };
  const seeds = entry.cells.map(({ seed }) => seed);
  const sameSeeds = canonicalJson(seeds) === canonicalJson(row.seeds);
  const change = (sameSeeds ? pairedDifference : differenceOfSeeds)(now.measurement, was.measurement);
  const { low, high } = intervalOf(change, input.report.ci);
  const worst = metric.higherIsBetter ? high : -low;
  const least = metric.higherIsBetter ? low : -high;
  const moved = canonicalJson(row.params) !== canonicalJson(entry.params ?? {});
  const sameValue = rounded(change.value) === 0;
  const digests = entry.cells.flatMap(({ scoresDigest }) => scoresDigest ?? []);
  const bytesChanged =
    sameValue &&
    sameSeeds &&
    !moved &&
    row.scoresDigests.length === digests.length &&
    digests.some((digest, i) => digest !== row.scoresDigests[i]);
  return {
    ...about,
    verdict: worst < -tolerance ? 'regressed' : least > tolerance ? 'improved' : 'ok',
    ...(moved ? { reason: `other parameters were chosen: ${chosen(entry, row)}`, paramsBefore: row.params } : {}),
    ...(bytesChanged ? { warning: 'the scores are other bytes than in the baseline, the metric is the same' } : {}),
    before: rounded(was.measurement.value),
    after: rounded(now.measurement.value),
    change: { value: rounded(change.value), low: rounded(low), high: rounded(high) },
  };
}

function chosen(entry: Entry, row: BaselineRow): string {
  const names = Object.keys({ ...row.params, ...entry.params }).filter(
    (name) => canonicalJson(row.params[name] ?? null) !== canonicalJson(entry.params?.[name] ?? null),
  );
  return `${describeParams(row.params, names)} then, ${describeParams(entry.params ?? {}, names)} now`;
}
