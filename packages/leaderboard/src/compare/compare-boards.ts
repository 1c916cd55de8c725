import { canonicalJson } from '@attribution-bench/contract';
import type { Board, BoardRow, BoardTaskSummary, BoardValue, SplitSize } from '../board.js';
import { rounded } from '../make/rounding.js';
import { holm } from '../statistics/holm.js';
import { taskViews } from '../view/task-view.js';
import {
  type BoardComparison,
  type ChangeVerdict,
  type ComparedTask,
  type ComparedValue,
  comparisonSchema,
  type LoneRow,
  type SettingDifference,
  type ShownValue,
} from './comparison.js';
import { type BoardSource, boardSettings, rowSettings, taskSettings } from './setting-differences.js';
import { independentChange, pairedChange, queryDraws, type ValueChange } from './value-change.js';

/** Probability at most that any value that did not change is said to have moved. */
const falseAlarm = 0.05;

/**
 * Lays two boards side by side: every value that both have with the interval of its change, and what differs in how they were
 * made. Changes are paired by query where both boards have the same truth and queries, and taken for independent elsewhere. All
 * of them are judged together (Holm).
 * @throws BenchError BOARD_NOT_FINITE when a number of a change is none
 */
export function compareBoards(a: BoardSource, b: BoardSource): BoardComparison {
  const sameLevel = a.board.statistics.ci === b.board.statistics.ci;
  const pairs = taskPairs(a.board, b.board);
  const tasks = judged(pairs.map(([ofA, ofB]) => compareTask(a.board, b.board, ofA, ofB)));
  const lone = (all: readonly BoardTaskSummary[], taken: readonly BoardTaskSummary[]) =>
    all.filter((task) => !taken.includes(task)).map(({ id }) => id);
  return {
    schema: comparisonSchema,
    boards: { a: { name: a.name, grid: a.board.grid }, b: { name: b.name, grid: b.board.grid } },
    ...(sameLevel && { ci: a.board.statistics.ci }),
    falseAlarm,
    settings: boardSettings(a, b),
    tasks,
    onlyIn: {
      a: lone(
        a.board.tasks,
        pairs.map(([task]) => task),
      ),
      b: lone(
        b.board.tasks,
        pairs.map(([, task]) => task),
      ),
    },
  };
}

type TaskPair = readonly [a: BoardTaskSummary, b: BoardTaskSummary];

/** Tasks of one name, and among the rest those of one truth. */
function taskPairs({ tasks: first }: Board, { tasks: second }: Board): TaskPair[] {
  const pairs = first.flatMap((task): TaskPair[] => {
    const other = second.find(({ id }) => id === task.id);
    return other === undefined ? [] : [[task, other]];
  });
  for (const task of first) {
    if (task.truth === undefined || pairs.some(([a]) => a === task)) continue;
    const other = second.find(
      (candidate) => candidate.truth?.key === task.truth?.key && !pairs.some(([, b]) => b === candidate),
    );
    if (other !== undefined) pairs.push([task, other]);
  }
  return pairs;
}

/** A value whose change was measured and is still to be judged. */
interface MeasuredValue extends Omit<ComparedValue, 'verdict'> {
  readonly verdict?: ChangeVerdict;
  readonly higherIsBetter: boolean;
}

type MeasuredTask = Omit<ComparedTask, 'values'> & { readonly values: readonly MeasuredValue[] };

function compareTask(boardA: Board, boardB: Board, a: BoardTaskSummary, b: BoardTaskSummary): MeasuredTask {
  const [rowsA, rowsB] = [rowsOf(boardA, a.id), rowsOf(boardB, b.id)];
  const paired = isSameTruth(boardA, boardB, a, b);
  const rankedBy = b.rankedBy ?? a.rankedBy;
  const metrics = boardB.metrics.map(({ id }) => id).sort((x, y) => Number(y === rankedBy) - Number(x === rankedBy));
  const values = metrics.flatMap((metric) =>
    rowsB.flatMap((rowB): MeasuredValue[] => {
      const rowA = rowsA.find(({ entry }) => entry === rowB.entry);
      return rowA === undefined ? [] : compareValue({ boardA, boardB, rowA, rowB, metric, paired, rankedBy });
    }),
  );
  const common = commonSettings(values);
  return {
    id: a.id,
    ...(a.id !== b.id && { otherId: b.id }),
    pairing: paired ? 'paired' : 'independent',
    ...(rankedBy !== undefined && { rankedBy }),
    settings: [...taskSettings(a, b), ...common],
    values: values.map((value) => ({ ...value, settings: value.settings.filter((one) => !isAmong(one, common)) })),
    onlyIn: { a: loneRows(rowsA, rowsB), b: loneRows(rowsB, rowsA) },
  };
}

/** What differs about every row alike, as seeds do. */
function commonSettings(values: readonly MeasuredValue[]): SettingDifference[] {
  const [first, ...others] = values.filter(({ kind }) => kind !== 'ceiling');
  if (first === undefined || others.length === 0) return [];
  return first.settings.filter((one) => others.every(({ settings }) => isAmong(one, settings)));
}

function isAmong({ name, a, b }: SettingDifference, settings: readonly SettingDifference[]): boolean {
  return settings.some((other) => other.name === name && other.a === a && other.b === b);
}

/** Rows in the order that they are shown in. */
function rowsOf(board: Board, task: string): BoardRow[] {
  const view = taskViews({ ...board, tasks: board.tasks.filter(({ id }) => id === task) })[0];
  const { ceiling, noCeiling, ranked, controls, unranked } = view;
  return [ceiling, noCeiling, ...ranked, ...controls, ...unranked].flatMap((shown) => shown?.row ?? []);
}

/** Whether the values of two tasks rest on the same subsets and queries. */
function isSameTruth(boardA: Board, boardB: Board, a: BoardTaskSummary, b: BoardTaskSummary): boolean {
  return (
    a.truth !== undefined &&
    a.truth.key === b.truth?.key &&
    a.truth.subsets === b.truth.subsets &&
    boardA.gridSeed === boardB.gridSeed &&
    isSameSplit(a.report, b.report) &&
    isSameSplit(a.tune, b.tune)
  );
}

function isSameSplit(a: SplitSize | undefined, b: SplitSize | undefined): boolean {
  return a?.subsets === b?.subsets && a?.queries === b?.queries;
}

const hasResult = (row: BoardRow | undefined) => row !== undefined && Object.keys(row.metrics).length > 0;

function loneRows(rows: readonly BoardRow[], others: readonly BoardRow[]): LoneRow[] {
  return rows.flatMap((row): LoneRow[] => {
    const other = others.find(({ entry }) => entry === row.entry);
    if (!hasResult(row) || hasResult(other)) return [];
    const reason = other?.reason === undefined || other.reason === other.status ? '' : `: ${other.reason}`;
    return [
      {
        entry: row.entry,
        title: row.title,
        elsewhere: other === undefined ? 'no such row' : `${other.status}${reason}`,
      },
    ];
  });
}

interface ValuePair {
  readonly boardA: Board;
  readonly boardB: Board;
  readonly rowA: BoardRow;
  readonly rowB: BoardRow;
  readonly metric: string;
  readonly paired: boolean;
  readonly rankedBy: string | undefined;
}

function compareValue({ boardA, boardB, rowA, rowB, metric, paired, rankedBy }: ValuePair): MeasuredValue[] {
  const [a, b] = [rowA.metrics[metric], rowB.metrics[metric]];
  if (a === undefined || b === undefined) return [];
  const about = {
    entry: rowB.entry,
    title: rowB.title,
    kind: rowB.kind,
    metric,
    a: shownValue(a, rowA, metric === rankedBy),
    b: shownValue(b, rowB, metric === rankedBy),
    settings: rowB.kind === 'ceiling' ? [] : rowSettings(rowA, rowB, boardA, boardB),
    higherIsBetter: boardB.metrics.find(({ id }) => id === metric)?.higherIsBetter ?? true,
  };
  const reason = incomparable(boardA, boardB, metric);
  if (reason !== undefined) return [{ ...about, verdict: 'incomparable', reason }];
  if (sameNumbers(a, b)) return [{ ...about, verdict: 'same' }];
  const { change, chance } = changeOf({ value: a, seeds: rowA.seeds }, { value: b, seeds: rowB.seeds }, boardB, paired);
  return [
    {
      ...about,
      change: { value: rounded(change.value), low: rounded(change.low), high: rounded(change.high) },
      chance,
    },
  ];
}

function shownValue({ value, low, high, ofCeiling }: BoardValue, { rank }: BoardRow, ranks: boolean): ShownValue {
  return { value, low, high, ...(ofCeiling && { ofCeiling }), ...(ranks && rank && { rank }) };
}

/** Why a metric of two boards is not one, or has no intervals that go together. */
function incomparable({ metrics, statistics }: Board, other: Board, id: string): string | undefined {
  const [a, b] = [metrics, other.metrics].map((list) => list.find((metric) => metric.id === id));
  if (canonicalJson(a?.params ?? {}) !== canonicalJson(b?.params ?? {})) return `the parameters of ${id} differ`;
  if (a?.higherIsBetter !== b?.higherIsBetter || a?.unit !== b?.unit) return `${id} is another metric there`;
  if (statistics.ci !== other.statistics.ci) return 'the boards have intervals of different levels';
  return undefined;
}

function sameNumbers(a: BoardValue, b: BoardValue): boolean {
  return a.value === b.value && a.perSeed.join() === b.perSeed.join() && a.perQuery?.join() === b.perQuery?.join();
}

type Seeded = Parameters<typeof independentChange>[0];

function changeOf(a: Seeded, b: Seeded, { statistics }: Board, paired: boolean): ValueChange {
  const queries = a.value.perQuery?.length;
  if (!paired || queries === undefined || queries !== b.value.perQuery?.length)
    return independentChange(a, b, statistics.ci);
  return pairedChange(a, b, statistics.ci, queryDraws(queries, statistics.resamples));
}

/** Verdicts on all values that were compared: among them all, none that did not change is said to have moved but by a chance of {@link falseAlarm}. */
function judged(tasks: readonly MeasuredTask[]): ComparedTask[] {
  const measured = tasks.flatMap(({ values }) => values.filter(({ verdict }) => verdict === undefined));
  const adjusted = holm(measured.map(({ chance }) => chance ?? 1));
  const standOut = new Set(measured.filter((_, i) => adjusted[i] <= falseAlarm));
  return tasks.map(({ values, ...task }) => ({
    ...task,
    values: values.map((value) => {
      const { higherIsBetter, verdict = verdictOf(value, standOut.has(value)), ...rest } = value;
      return { ...rest, verdict };
    }),
  }));
}

function verdictOf({ change, kind, higherIsBetter }: MeasuredValue, standsOut: boolean): ChangeVerdict {
  if (change === undefined || (change.low <= 0 && change.high >= 0)) return 'noise';
  if (!standsOut) return 'unsettled';
  if (kind !== 'method') return change.value > 0 ? 'higher' : 'lower';
  return change.value > 0 === higherIsBetter ? 'better' : 'worse';
}
