import { BenchError, hashJson, type MetricResult, sha256 } from '@attribution-bench/contract';
import { midranks } from '@attribution-bench/numerics';
import type { BoardInput, BoardTask } from '../board-input.js';
import { type Entry, entriesOf } from '../make/entries.js';
import { seededResults } from '../make/measure/seeded-results.js';
import { rankingMetric } from '../make/ranking-metric.js';
import {
  type Acceptance,
  type Baseline,
  type BaselineResult,
  type BaselineRow,
  type BaselineTask,
  baselineSchema,
} from './baseline.js';
import { packNumbers } from './packed-numbers.js';

/**
 * The baseline that later runs are compared with: every row of the grid as it scores now.
 * @param earlier acceptances of the baseline it takes the place of
 * @throws BenchError BASELINE_NOT_COMPLETE when a cell failed or is missing
 */
export function makeBaseline(input: BoardInput, acceptance: Acceptance, earlier: readonly Acceptance[] = []): Baseline {
  return {
    schema: baselineSchema,
    grid: input.grid,
    accepted: [...earlier, acceptance],
    tasks: input.tasks.map((task) => baselineTask(task, input)),
    rows: input.tasks.flatMap((task) =>
      entriesOf(input, task.info.id, rankingMetric(input, task.info.id)?.id)
        .filter(({ status }) => status !== 'skipped')
        .map((entry) => baselineRow(input, task, entry)),
    ),
  };
}

/** What the numbers of a task rest on. */
export function baselineTask(
  { info, key, sanity, truth, report }: BoardTask,
  { metrics }: Pick<BoardInput, 'metrics'>,
): BaselineTask {
  return {
    id: info.id,
    key,
    models: hashJson(sanity),
    ...(truth === undefined
      ? {}
      : {
          truth: { subsets: hashJson(truth.members.map((members) => [...members])), outputs: digestOf(truth.outputs) },
        }),
    split: hashJson({
      subsets: [...report.subsets],
      queries: [...report.queries],
      train: report.train === undefined ? info.train : [...report.train],
    }),
    metrics: metrics.map(({ id, params }) => ({ id, params })),
  };
}

function baselineRow(input: BoardInput, task: BoardTask, entry: Entry): BaselineRow {
  if (entry.status !== 'ok' || entry.params === undefined) {
    throw new BenchError({
      code: 'BASELINE_NOT_COMPLETE',
      place: `${task.info.id}/${entry.name}`,
      message: `is ${entry.status}: ${entry.reason ?? 'no result'}`,
      next: 'a baseline holds every row of its grid: compute it, or take it out of the grid file',
    });
  }
  const metrics = input.metrics.flatMap(({ id, params }) => {
    const results = seededResults(entry, id);
    if (results === undefined) return [];
    const { distinct } = results;
    const packed = (distinct.length === 1 ? distinct : results.results).map((result) =>
      packResult(result, task.report.queries.length, params.statistic !== 'pearson'),
    );
    return [[id, packed] as const];
  });
  return {
    task: task.info.id,
    entry: entry.name,
    params: entry.params,
    ...(entry.paramsBySeed !== undefined && { paramsBySeed: entry.paramsBySeed }),
    seeds: entry.cells.map(({ seed }) => seed),
    scoresDigests: entry.cells.flatMap(({ scoresDigest }) => scoresDigest ?? []),
    metrics: Object.fromEntries(metrics),
  };
}

function packResult(result: MetricResult, queries: number, onlyRanksCount: boolean): BaselineResult {
  const { value, perQuery, perSampledQuery, repeats, predictions, outcomes, detection } = result;
  return {
    value,
    ...(perQuery === undefined || predictions !== undefined ? {} : { perQuery: [...perQuery] }),
    ...(perSampledQuery !== undefined && { perSampledQuery: [...perSampledQuery] }),
    ...(repeats === undefined
      ? {}
      : { repeats: Object.fromEntries(Object.entries(repeats).map(([name, values]) => [name, packNumbers(values)])) }),
    ...(predictions === undefined
      ? {}
      : { predictions: packNumbers(onlyRanksCount ? columnRanks(predictions, queries) : predictions) }),
    ...(outcomes !== undefined && { outcomes: digestOf(outcomes) }),
    ...(detection === undefined
      ? {}
      : {
          detection: { ranks: packNumbers(doubledRanks(detection.scores)), positive: packNumbers(detection.positive) },
        }),
  };
}

/** SHA-256 of an array's bytes. */
function digestOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): string {
  return sha256(new Uint8Array(buffer, byteOffset, byteLength));
}

/** Ranks of the subsets within each query, doubled so that midranks are whole numbers. */
function columnRanks(predictions: Float64Array, queries: number): Float64Array {
  const subsets = predictions.length / queries;
  const ranks = new Float64Array(predictions.length);
  for (let query = 0; query < queries; query++) {
    const column = Float64Array.from({ length: subsets }, (_, s) => predictions[s * queries + query]);
    doubledRanks(column).forEach((rank, s) => {
      ranks[s * queries + query] = rank;
    });
  }
  return ranks;
}

function doubledRanks(values: Float64Array): Float64Array {
  return midranks(values).map((rank) => 2 * rank);
}
