import type { MeanResult, MetricResult } from '@attribution-bench/contract';
import { mean } from '@attribution-bench/numerics';
import type { SeededResults } from './seeded-results.js';

/** What one step of the curves of a row says, as results of their own. */
export function resultsAtStep(row: SeededResults, step: number): SeededResults {
  const atStep = (result: MetricResult) => resultAtStep(result, step);
  return { ...row, results: row.results.map(atStep), distinct: row.distinct.map(atStep) };
}

function resultAtStep({ curve }: MetricResult, step: number): MeanResult {
  const { points = new Int32Array(1), values = new Float64Array(), repeats = {} } = curve ?? {};
  const queries = values.length / points.length;
  const perSampledQuery = values.slice(step * queries, (step + 1) * queries);
  return {
    kind: 'mean',
    value: mean(perSampledQuery),
    perSampledQuery,
    repeats: Object.fromEntries(
      Object.entries(repeats).map(([source, all]) => [
        source,
        all.filter((_, i) => Math.floor(i / queries) % points.length === step),
      ]),
    ),
  };
}
