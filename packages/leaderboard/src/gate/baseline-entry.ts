import type { CorrelationResult, MetricResult } from '@attribution-bench/contract';
import { outcomesOf } from '@attribution-bench/metrics';
import { mean, pearson, spearman } from '@attribution-bench/numerics';
import type { BoardTask, CellResult } from '../board-input.js';
import type { Entry } from '../make/entries.js';
import type { MetricOfBoard } from '../make/measure/measure-metric.js';
import type { BaselineResult, BaselineRow } from './baseline.js';
import { unpackNumbers } from './packed-numbers.js';

/**
 * A row of the baseline in the form of what is computed now. What it predicted is set against the outcomes at hand, so that
 * both sides of a comparison are measured on one truth; of that, {@link otherYardstick} must find nothing to say.
 */
export function entryOfBaseline(row: BaselineRow, entry: Entry, task: BoardTask, metric: MetricOfBoard): Entry {
  const own = resultOf(entry, metric.id)?.outcomes;
  const results = row.metrics[metric.id].map((result) => unpackResult(result, task, metric, own));
  const cells = row.seeds.map((seed, i): CellResult => {
    const report = results.length === 1 ? results[0] : results[i];
    return {
      task: row.task,
      method: entry.method.id,
      params: row.paramsBySeed?.[i] ?? row.params,
      seed,
      status: 'ok',
      metrics: { [metric.id]: { report } },
    };
  });
  return { ...entry, params: row.params, cells, allCells: cells };
}

function unpackResult(
  { value, perQuery, perSampledQuery, repeats, predictions, detection }: BaselineResult,
  task: BoardTask,
  metric: MetricOfBoard,
  own: Float64Array | undefined,
): MetricResult {
  if (predictions !== undefined)
    return { ...correlated(unpackNumbers(predictions), task, metric, own), ...(own && { outcomes: own }) };
  if (detection !== undefined) {
    const positive = Uint8Array.from(unpackNumbers(detection.positive));
    return { kind: 'detection', value, detection: { scores: unpackNumbers(detection.ranks), positive } };
  }
  return {
    kind: 'mean',
    value,
    ...(perQuery !== undefined && { perQuery: Float64Array.from(perQuery) }),
    ...(perSampledQuery !== undefined && { perSampledQuery: Float64Array.from(perSampledQuery) }),
    ...(repeats === undefined
      ? {}
      : {
          repeats: Object.fromEntries(Object.entries(repeats).map(([name, packed]) => [name, unpackNumbers(packed)])),
        }),
  };
}

/** The mean over queries of predictions' correlation with the outcomes at hand, both [units × queries]. */
function correlated(
  predictions: Float64Array,
  { truth, report }: BoardTask,
  { params }: MetricOfBoard,
  own: Float64Array | undefined,
): CorrelationResult {
  const outcomes = own ?? (truth === undefined ? new Float64Array() : outcomesOf(truth, report));
  const correlate = params.statistic === 'pearson' ? pearson : spearman;
  const queries = report.queries.length;
  const column = (matrix: Float64Array, query: number) => matrix.filter((_, at) => at % queries === query);
  const perQuery = Float64Array.from(
    report.queries,
    (_, query) => correlate(column(predictions, query), column(outcomes, query)) ?? 0,
  );
  return { kind: 'correlation', value: mean(perQuery), perQuery, predictions };
}

/** Why a metric of then cannot be measured on what there is now; undefined when it can. */
export function otherYardstick(row: BaselineRow, entry: Entry, task: BoardTask, metric: string): string | undefined {
  const [then, now] = [row.metrics[metric], resultOf(entry, metric)];
  if (then.length !== 1 && then.length !== row.seeds.length) return 'the baseline lacks results of seeds';
  const units = now?.outcomes?.length ?? task.report.subsets.length * task.report.queries.length;
  for (const { predictions, detection, outcomes } of then) {
    if ((predictions === undefined) !== (now?.predictions === undefined)) return 'other parts of it were stored';
    if ((outcomes === undefined) !== (now?.outcomes === undefined)) return 'other parts of it were stored';
    if ((detection === undefined) !== (now?.detection === undefined)) return 'other parts of it were stored';
    if (predictions !== undefined && unpackNumbers(predictions).length !== units)
      return 'it is measured on another number of retrainings';
    if (detection === undefined) continue;
    const positive = unpackNumbers(detection.positive);
    if (positive.join() !== now?.detection?.positive.join()) return 'other labels were flipped';
    if (unpackNumbers(detection.ranks).length !== positive.length) return 'the baseline lacks ranks of points';
  }
  return undefined;
}

/** The result of an entry's first seed. */
export function resultOf(entry: Entry, metric: string): MetricResult | undefined {
  return entry.cells[0]?.metrics[metric]?.report;
}
