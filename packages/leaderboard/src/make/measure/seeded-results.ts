import type { MetricResult } from '@attribution-bench/contract';
import type { Entry } from '../entries.js';

/** Results of one metric for one entry. */
export interface SeededResults {
  /** Ascending. */
  readonly seeds: readonly number[];
  /** The result of each seed. */
  readonly results: readonly MetricResult[];
  /** Results that differ from each other; a deterministic method has one, however many seeds it ran with. */
  readonly distinct: readonly MetricResult[];
  /** Share of the seeds that gave each distinct result. */
  readonly shares: readonly number[];
}

/** The results of a metric on the report split; undefined unless every seed has one. */
export function seededResults(entry: Entry, metric: string): SeededResults | undefined {
  const { cells } = entry;
  const results = cells.flatMap((cell) => cell.metrics[metric]?.report ?? []);
  if (results.length === 0 || results.length < cells.length) return undefined;
  const distinct: MetricResult[] = [];
  const counts: number[] = [];
  for (const result of results) {
    const same = distinct.findIndex((other) => sameResult(other, result));
    if (same === -1) {
      distinct.push(result);
      counts.push(1);
    } else counts[same]++;
  }
  return {
    seeds: cells.map(({ seed }) => seed),
    results,
    distinct,
    shares: counts.map((count) => count / results.length),
  };
}

function sameResult(a: MetricResult, b: MetricResult): boolean {
  const kept = ({ predictions, detection, perQuery, perSampledQuery }: MetricResult) =>
    predictions ?? detection?.scores ?? perQuery ?? perSampledQuery;
  return a.value === b.value && sameNumbers(kept(a), kept(b)) && sameNumbers(a.curve?.values, b.curve?.values);
}

function sameNumbers(a: Float64Array | undefined, b: Float64Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
