import { formatCount, type MeasuredTask, plural } from '@attribution-bench/contract';
import type { PlannedTask } from '../model/plan.js';

/** What the metrics of a task ask of scores, in words, by their ids. @throws BenchError METRIC_ANSWER when a user's does not say */
export async function metricQuestions({
  info,
  metrics,
  report,
}: Pick<PlannedTask, 'info' | 'metrics' | 'report'>): Promise<Readonly<Record<string, string>>> {
  const of: MeasuredTask = {
    target: info.target,
    train: formatCount(info.train),
    queries: plural(report.queries.length, 'query', 'queries'),
  };
  const asked: [string, string][] = [];
  for (const { metric, params, question } of metrics) {
    const words = await question(params, of);
    if (words !== undefined) asked.push([metric.id, words]);
  }
  return Object.fromEntries(asked);
}
