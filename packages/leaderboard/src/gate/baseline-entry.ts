import type { CellResult, MetricResult } from '@attribution-bench/contract';
import type { Entry } from '../make/entries.js';
import type { BaselineResult, BaselineRow } from './baseline.js';
import { outcomesDigest } from './make-baseline.js';
import { unpackNumbers } from './packed-numbers.js';

/** A row of the baseline in the form of what is computed now, for a metric of which {@link sameYardstick} holds. */
export function entryOfBaseline(row: BaselineRow, entry: Entry, metric: string): Entry {
  const outcomes = resultOf(entry, metric)?.outcomes;
  const results = row.metrics[metric].map((result) => unpackResult(result, outcomes));
  const cells = row.seeds.map((seed, i): CellResult => {
    const report = results.length === 1 ? results[0] : results[i];
    return {
      task: row.task,
      method: entry.method.id,
      params: row.params,
      seed,
      status: 'ok',
      metrics: { [metric]: { report } },
    };
  });
  return { ...entry, params: row.params, cells, allCells: cells };
}

function unpackResult(
  { value, perQuery, perSampledQuery, repeats, predictions, detection }: BaselineResult,
  outcomes: Float64Array | undefined,
): MetricResult {
  return {
    value,
    ...(perQuery === undefined ? {} : { perQuery: Float64Array.from(perQuery) }),
    ...(perSampledQuery === undefined ? {} : { perSampledQuery: Float64Array.from(perSampledQuery) }),
    ...(repeats === undefined
      ? {}
      : {
          repeats: Object.fromEntries(Object.entries(repeats).map(([name, packed]) => [name, unpackNumbers(packed)])),
        }),
    ...(predictions === undefined ? {} : { predictions: unpackNumbers(predictions) }),
    ...(predictions === undefined || outcomes === undefined ? {} : { outcomes }),
    ...(detection === undefined
      ? {}
      : {
          detection: {
            scores: unpackNumbers(detection.ranks),
            positive: Uint8Array.from(unpackNumbers(detection.positive)),
          },
        }),
  };
}

/** Whether then and now were measured against the same: outcomes of a metric's own, or the points to be found. */
export function sameYardstick(row: BaselineRow, entry: Entry, metric: string): boolean {
  const [then, now] = [row.metrics[metric][0], resultOf(entry, metric)];
  const outcomes = now?.outcomes === undefined ? undefined : outcomesDigest(now.outcomes);
  const found = (points: ArrayLike<number> | undefined) => (points === undefined ? '' : Array.from(points).join());
  const before = then?.detection === undefined ? undefined : unpackNumbers(then.detection.positive);
  return then?.outcomes === outcomes && found(before) === found(now?.detection?.positive);
}

function resultOf(entry: Entry, metric: string): MetricResult | undefined {
  return entry.cells[0]?.metrics[metric]?.report;
}
