import type { BoardRow, BoardTaskSummary } from '../board.js';
import type { BoardInput, BoardTask } from '../board-input.js';
import { holm } from '../statistics/holm.js';
import { noCeiling } from '../view/foreign-sentences.js';
import { type BoardMeasure, boardValue, roundedInterval } from './board-value.js';
import { ceilingOf } from './ceiling.js';
import { type Entry, entriesOf } from './entries.js';
import { measureMetric } from './measure/measure-metric.js';
import { pairedPValues, pairedTests } from './paired-tests.js';
import { rankItems } from './ranking.js';
import { rankingMetric } from './ranking-metric.js';
import { rounded } from './rounding.js';
import { ceilingRow, entryRow, noCeilingRow } from './rows.js';
import { lookAt, overLooks, settlingOf } from './settling.js';
import { summaryOf } from './task-summary.js';
import { pairsToldApart, type ToldApart } from './told-apart.js';

/** Methods of this family are there to be beaten: shown apart, never ranked. */
const controlFamily = 'control';
/** The control that differences are taken to. */
const randomMethod = 'random';

export interface MadeTask {
  readonly summary: BoardTaskSummary;
  readonly rows: readonly BoardRow[];
  /** Ranked entries that are told apart; only found where the grid has another truth of the task's model. */
  readonly toldApart: readonly ToldApart[];
}

/** Measures, compares and ranks the methods of one task. */
export function makeTask(input: BoardInput, task: BoardTask, familyError: number): MadeTask {
  const id = task.info.id;
  const rankedBy = rankingMetric(input, id);
  const entries = entriesOf(input, id, rankedBy?.id);
  const measures = new Map(input.metrics.map((metric) => [metric.id, measure(input, task, metric, entries)]));
  const ranking = measures.get(rankedBy?.id ?? '');

  const competitors: number[] = [];
  const controls: number[] = [];
  const others: number[] = [];
  entries.forEach(({ method }, i) => {
    if (method.family === controlFamily) controls.push(i);
    else if (ranking?.metric.entries[i] === undefined) others.push(i);
    else competitors.push(i);
  });
  others.sort((a, b) => (entries[a].name < entries[b].name ? -1 : 1));

  const sign = rankedBy?.higherIsBetter === false ? -1 : 1;
  const measurements = competitors.flatMap((i) => ranking?.metric.entries[i]?.measurement ?? []);
  const values = measurements.map(({ value }) => sign * value);
  const look = ranking?.metric.correlation === undefined ? undefined : lookAt(task);
  const tests = pairedTests(measurements);
  const pValues = overLooks(pairedPValues(tests), look);
  const adjusted = holm(pValues);
  const { order, ranks, groups } = rankItems(values, adjusted, familyError);

  const references = {
    best: competitors[order[0]],
    random: entries.findIndex(({ method, status }) => method.id === randomMethod && status === 'ok'),
  };
  const rowOf = (i: number, place?: number): BoardRow => {
    const metrics = [...measures].flatMap(([metric, values]) => {
      const value = boardValue(values, i, references, input.report.ci);
      return value === undefined ? [] : [[metric, value] as const];
    });
    return entryRow({
      task: id,
      entry: entries[i],
      control: controls.includes(i),
      metrics: Object.fromEntries(metrics),
      ...(rankedBy !== undefined && { rankedBy: rankedBy.id }),
      ...(place !== undefined && { rank: ranks[place], groups: groups[place] }),
    });
  };

  const ceilings = [...measures].flatMap(([metric, { ceiling }]) =>
    ceiling === undefined ? [] : [{ metric, ceiling }],
  );
  const correlates = [...measures.values()].some(({ metric }) => metric.correlation !== undefined);
  const unknown = correlates && task.foreign !== undefined ? noCeiling(task.foreign) : undefined;
  const settling =
    look === undefined
      ? undefined
      : settlingOf(
          {
            names: competitors.map((i) => entries[i].name),
            values,
            order,
            tests,
            pValues,
            subsets: task.report.subsets.length,
            familyError,
            ci: input.report.ci,
          },
          look,
        );
  const acrossSeeds = ceilings.flatMap(({ metric, ceiling: { acrossSeeds: across } }) =>
    across === undefined ? [] : [[metric, { value: rounded(across.value), ...roundedInterval(across) }] as const],
  );
  const named = measurements.map((measurement, at) => ({ name: entries[competitors[at]].name, measurement }));
  const otherTruths = input.tasks.some(({ key, info }) => key === task.key && info.id !== id);
  return {
    summary: {
      ...summaryOf(task, rankedBy?.id, Object.fromEntries(acrossSeeds)),
      ...(settling !== undefined && { settling }),
    },
    toldApart: otherTruths ? pairsToldApart(named, adjusted, familyError, input.report.ci) : [],
    rows: [
      ...(ceilings.length === 0 ? [] : [ceilingRow(id, ceilings)]),
      ...(unknown === undefined ? [] : [noCeilingRow(id, unknown)]),
      ...order.map((place) => rowOf(competitors[place], place)),
      ...controls.map((i) => rowOf(i)),
      ...others.map((i) => rowOf(i)),
    ],
  };
}

function measure(
  input: BoardInput,
  task: BoardTask,
  metric: BoardInput['metrics'][number],
  entries: readonly Entry[],
): BoardMeasure {
  const measured = measureMetric(task, metric, entries, input);
  const ceiling =
    measured.correlation === undefined
      ? undefined
      : ceilingOf(task, measured.draws, measured.correlation, input.report.ci);
  return { metric: measured, ...(ceiling !== undefined && { ceiling }) };
}
