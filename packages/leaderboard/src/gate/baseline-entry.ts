import type { CellResult, MetricResult } from '@attribution-bench/contract';
import type { Entry } from '../make/entries.js';
import type { BaselineResult, BaselineRow } from './baseline.js';
import { unpackNumbers } from './packed-numbers.js';

/** A row of the baseline in the form of what is computed now. */
export function entryOfBaseline(row: BaselineRow, entry: Entry, metric: string): Entry {
  const results = row.metrics[metric].map(unpackResult);
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

function unpackResult({ value, perQuery, predictions, detection }: BaselineResult): MetricResult {
  return {
    value,
    ...(perQuery === undefined ? {} : { perQuery: Float64Array.from(perQuery) }),
    ...(predictions === undefined ? {} : { predictions: unpackNumbers(predictions) }),
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

/** Whether both ranked the same points with the same ones to be found. */
export function sameDetection(now: Entry, then: Entry, metric: string): boolean {
  const positive = (entry: Entry) => entry.cells[0]?.metrics[metric]?.report.detection?.positive;
  const [a, b] = [positive(now), positive(then)];
  return a?.length === b?.length && (a === undefined || a.every((flag, i) => flag === b?.[i]));
}
