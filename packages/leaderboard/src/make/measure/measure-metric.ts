import { BenchError, deriveSeed, type MetricResult, Rng } from '@attribution-bench/contract';
import { outcomesOf } from '@attribution-bench/metrics';
import { drawJointly, type JointDraws, mean, type ResampledStatistic } from '@attribution-bench/numerics';
import type { BoardInput, BoardTask } from '../../board-input.js';
import type { Entry } from '../entries.js';
import { correlationOf, type Growth, growthOf, resampleCorrelation, type Statistic } from './correlation.js';
import { resultsAtStep } from './curve-steps.js';
import { drawPoints, meanPlacements, resampleAuc } from './detection.js';
import { type Measurement, measurement, type Repeats, type SampledStatistic } from './measurement.js';
import { type SeededResults, seededResults } from './seeded-results.js';

/** A metric of every entry of a task on its report split, all resampled by the same draws. */
export interface MeasuredMetric {
  readonly draws: JointDraws;
  /** Set when the metric correlates predictions with retrained outcomes, which then have a noise ceiling. */
  readonly correlation?: Statistic;
  /** Least and greatest value there can be. */
  readonly range: readonly [number, number];
  /** Level at which boards look for the first step of a curve that reaches it. */
  readonly curveLevel?: number;
  /** By entry; undefined where the entry has no result of this metric. */
  readonly entries: readonly (MeasuredEntry | undefined)[];
}

export interface MeasuredEntry {
  readonly measurement: Measurement;
  /** Mean over queries of each seed. */
  readonly perSeed: readonly number[];
  readonly undefinedQueries?: number;
  readonly perQuery: boolean;
  readonly sampledQueries?: number;
  /** Computed when asked for. */
  readonly growth?: () => Growth;
  readonly curve?: MeasuredCurve;
}

/** What a metric has at several numbers of training points. */
export interface MeasuredCurve {
  readonly points: Int32Array;
  /** One of each number; computed when asked for. */
  readonly steps: () => readonly Measurement[];
}

export type MetricOfBoard = BoardInput['metrics'][number];

/**
 * Measures a metric for the entries that have it. What is resampled follows from what the metric kept: `predictions`,
 * subsets and queries; `detection`, training points; only `perQuery` or `perSampledQuery`, queries; `repeats` add
 * what hits all of them alike.
 * @throws BenchError BOARD_RESULT_SHAPE when a result does not fit the split or the other results, BOARD_NOT_FINITE
 */
export function measureMetric(
  task: BoardTask,
  metric: MetricOfBoard,
  entries: readonly Entry[],
  { gridSeed, report: { resamples } }: Pick<BoardInput, 'gridSeed' | 'report'>,
): MeasuredMetric {
  const rows = entries.map((entry) => seededResults(entry, metric.id));
  const sample = rows.find((row) => row !== undefined)?.distinct[0];
  rows.forEach((row, i) => {
    for (const result of row?.distinct ?? []) requireFit(result, sample, task, metric.id, entries[i].name);
  });
  const seed = deriveSeed(gridSeed, task.truth?.key ?? task.info.id, 'bootstrap', metric.id);
  const queries = task.report.queries.length;
  if (sample?.predictions !== undefined) {
    const statistic = metric.params.statistic === 'pearson' ? 'pearson' : 'spearman';
    const outcomes = outcomesFor(task, sample);
    const draws = drawJointly({ resamples, subsets: outcomes.length / queries, queries }, seed);
    const statistics = meanStatistics(rows, (results) =>
      resampleCorrelation(statistic, results.map(predictionsOf), outcomes, draws),
    );
    const growth = (row: SeededResults) =>
      meanGrowth(
        row.distinct.map((result) => growthOf(correlationOf(statistic, predictionsOf(result), outcomes, draws), draws)),
        row.shares,
      );
    const ofTruth = sample.outcomes === undefined;
    return {
      draws,
      ...(ofTruth ? { correlation: statistic } : {}),
      range: [-1, 1],
      entries: measuredEntries(rows, statistics, draws, ofTruth ? growth : undefined),
    };
  }
  if (sample?.detection !== undefined) {
    const draws = drawPoints(sample.detection, resamples, new Rng(seed));
    const statistics = meanStatistics(rows, (results) =>
      results.flatMap(({ detection }) => (detection === undefined ? [] : resampleAuc(detection, draws))),
    );
    const withPlacements = statistics.map((statistic, i) => {
      const row = rows[i];
      return statistic === undefined || row === undefined
        ? undefined
        : { ...statistic, placements: meanPlacements(row) };
    });
    return { draws, range: [0, 1], entries: measuredEntries(rows, withPlacements, draws) };
  }
  const draws = drawJointly(
    { resamples, subsets: 0, queries: sample === undefined ? 1 : valuesOf(sample).length },
    seed,
  );
  const { range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], curve: words } = metric;
  const measured = measuredMeans(rows, draws, range);
  return {
    draws,
    range,
    ...(words?.reaches && { curveLevel: words.reaches.level }),
    entries: measured.map((entry, i) => {
      const curve = curveOf(rows[i], draws, range);
      return entry && { ...entry, ...(curve && { curve }) };
    }),
  };
}

/** Means over queries, of which nothing but queries is resampled. */
function measuredMeans(
  rows: readonly (SeededResults | undefined)[],
  draws: JointDraws,
  range: readonly [number, number],
): (MeasuredEntry | undefined)[] {
  const statistics = meanStatistics(rows, (results) =>
    results.map((result) => ({ perQuery: valuesOf(result), resampled: noResamples })),
  );
  const withRange = statistics.map((statistic) => statistic && { ...statistic, range });
  return measuredEntries(rows, withRange, draws);
}

/** Each step of a row's curve, measured like the value; undefined where it has none. */
function curveOf(
  row: SeededResults | undefined,
  draws: JointDraws,
  range: readonly [number, number],
): MeasuredCurve | undefined {
  const points = row?.distinct[0].curve?.points;
  if (row === undefined || points === undefined) return undefined;
  const steps = () =>
    Array.from(points.keys()).flatMap(
      (step) => measuredMeans([resultsAtStep(row, step)], draws, range)[0]?.measurement ?? [],
    );
  return { points, steps };
}

const noResamples = new Float64Array();

/** What a metric that kept no more is resampled from: values of queries, or the single one. */
function valuesOf({ value, perQuery, perSampledQuery }: MetricResult): Float64Array {
  return perQuery ?? perSampledQuery ?? Float64Array.of(value);
}

/** What predictions are correlated with, [units × queries]. */
function outcomesFor({ truth, report }: BoardTask, sample: MetricResult): Float64Array {
  return sample.outcomes ?? (truth === undefined ? noResamples : outcomesOf(truth, report));
}

function predictionsOf({ predictions }: MetricResult): Float64Array {
  return predictions ?? noResamples;
}

function measuredEntries(
  rows: readonly (SeededResults | undefined)[],
  statistics: readonly (SampledStatistic | undefined)[],
  draws: JointDraws,
  growth?: (row: SeededResults) => Growth,
): (MeasuredEntry | undefined)[] {
  return rows.map((row, i) => {
    const statistic = statistics[i];
    if (row === undefined || statistic === undefined) return undefined;
    const { seeds, results, distinct } = row;
    const perSeed = results.map(({ value }) => value);
    const bySeed = results.map(valuesOf);
    const undefinedQueries = Math.max(...distinct.map((result) => result.undefinedQueries ?? 0));
    return {
      measurement: measurement({
        value: mean(perSeed),
        seeds,
        bySeed,
        repeats: meanRepeats(results, draws.queries),
        statistic,
        draws,
      }),
      perSeed,
      perQuery: distinct[0].perQuery !== undefined,
      ...(distinct[0].perSampledQuery && { sampledQueries: distinct[0].perSampledQuery.length }),
      ...(distinct[0].undefinedQueries !== undefined && { undefinedQueries }),
      ...(growth !== undefined && { growth: () => growth(row) }),
    };
  });
}

/** Values by query of each draw of the metric's own randomness, averaged over seeds, by source of it. */
function meanRepeats(results: readonly MetricResult[], queries: number): Repeats {
  const sources = Object.entries(results[0].repeats ?? {});
  return Object.fromEntries(
    sources.map(([source, { length }]) => {
      const values = new Float64Array(length);
      for (const { repeats } of results) plus(values, repeats?.[source] ?? noResamples, 1 / results.length);
      const draws = Array.from({ length: length / queries }, (_, draw) =>
        values.subarray(draw * queries, (draw + 1) * queries),
      );
      return [source, draws];
    }),
  );
}

/** How many resampled statistics of single seeds are held at once: they are large. */
const batchSize = 16;

/** The mean over seeds of each row's statistic. */
function meanStatistics(
  rows: readonly (SeededResults | undefined)[],
  resample: (results: readonly MetricResult[]) => ResampledStatistic[],
): (ResampledStatistic | undefined)[] {
  const work = rows.flatMap((row, at) =>
    (row?.distinct ?? []).map((result, i) => ({ at, result, share: row?.shares[i] ?? 0 })),
  );
  const means: (ResampledStatistic | undefined)[] = rows.map(() => undefined);
  for (let start = 0; start < work.length; start += batchSize) {
    const batch = work.slice(start, start + batchSize);
    resample(batch.map(({ result }) => result)).forEach((statistic, i) => {
      const { at, share } = batch[i];
      means[at] = {
        perQuery: plus(means[at]?.perQuery, statistic.perQuery, share),
        resampled: plus(means[at]?.resampled, statistic.resampled, share),
      };
    });
  }
  return means;
}

/** sum + share · values, written into `sum`. */
function plus(sum: Float64Array | undefined, values: Float64Array, share: number): Float64Array {
  const result = sum ?? new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] += share * values[i];
  return result;
}

function meanGrowth(growths: readonly Growth[], shares: readonly number[]): Growth {
  return growths[0].map(({ subsets }, step) => ({
    subsets,
    value: growths.reduce((sum, growth, i) => sum + shares[i] * growth[step].value, 0),
  }));
}

function requireFit(
  result: MetricResult,
  sample: MetricResult | undefined,
  task: BoardTask,
  metric: string,
  entry: string,
): void {
  const { report, info } = task;
  const queries = report.queries.length;
  const expectCount = (what: string, found: number | undefined, expected: number) => {
    if (found === undefined || found === expected) return;
    throw new BenchError({
      code: 'BOARD_RESULT_SHAPE',
      place: `${info.id}/${entry}`,
      message: `${metric} kept ${found} ${what}, the report split has ${expected}`,
      next: 'compute this cell again (--force)',
    });
  };
  const { value, perQuery, perSampledQuery, predictions, outcomes, detection, repeats = {}, curve } = result;
  const ofCurve = curve === undefined ? [] : [curve.values, ...Object.values(curve.repeats ?? {})];
  const series = [[value], perQuery, perSampledQuery, predictions, outcomes, ...Object.values(repeats), ...ofCurve];
  for (const numbers of series) {
    if (numbers === undefined || numbers.every(Number.isFinite)) continue;
    throw new BenchError({
      code: 'BOARD_NOT_FINITE',
      place: `${info.id}/${entry}`,
      message: `${metric} has a value that is not a finite number`,
      next: 'compute this cell again (--force)',
    });
  }
  expectCount('values of queries', perQuery?.length, queries);
  expectCount('values of sampled queries', perSampledQuery?.length, sample?.perSampledQuery?.length ?? 0);
  const sources = new Set([...Object.keys(repeats), ...Object.keys(sample?.repeats ?? {})]);
  for (const source of sources)
    expectCount(`values of ${source}`, repeats[source]?.length ?? 0, sample?.repeats?.[source]?.length ?? 0);
  for (const numbers of ofCurve) {
    const step = (curve?.points.length ?? 0) * valuesOf(result).length;
    expectCount('values of curves beyond whole steps', numbers.length % step, 0);
  }
  expectCount('predictions', predictions?.length, sample?.outcomes?.length ?? report.subsets.length * queries);
  expectCount(
    'outcomes that agree with those of the other methods',
    agreement(outcomes, sample?.outcomes),
    outcomes?.length ?? 0,
  );
  expectCount('training points', detection?.scores.length, report.train?.length ?? info.train);
}

/** How many of two lists of outcomes are the same. */
function agreement(a: Float64Array | undefined, b: Float64Array | undefined): number {
  return a?.reduce((same, value, i) => same + (value === b?.[i] ? 1 : 0), 0) ?? 0;
}
