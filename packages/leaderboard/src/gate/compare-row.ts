import { BenchError, canonicalJson } from '@attribution-bench/contract';
import type { BoardInput, BoardTask } from '../board-input.js';
import { describeParams, type Entry } from '../make/entries.js';
import { type MetricOfBoard, measureMetric } from '../make/measure/measure-metric.js';
import {
  differenceOfSeeds,
  intervalOf,
  type Measurement,
  pairedDifference,
  pValue,
  type Uncertain,
} from '../make/measure/measurement.js';
import { rounded } from '../make/rounding.js';
import type { BaselineRow, BaselineTask } from './baseline.js';
import { entryOfBaseline, otherYardstick, resultOf } from './baseline-entry.js';
import type { CheckedRow } from './check.js';
import { inLogOdds } from './log-odds.js';
import { type Tolerances, toleranceOf } from './tolerances.js';

/** A row of the baseline with the entry of now that it is compared with. */
export interface Comparison {
  readonly input: BoardInput;
  readonly task: BoardTask;
  readonly known: BaselineTask;
  /** All rows of the task in the baseline. */
  readonly rows: readonly BaselineRow[];
  readonly row: BaselineRow;
  readonly entry: Entry;
  readonly tolerances: Tolerances;
  /** Whether training gave the same models as then. */
  readonly sameModels: boolean;
}

/** A row whose change was measured and is still to be judged. */
export interface ComparedRow extends Omit<CheckedRow, 'verdict'> {
  readonly measured: MeasuredChange;
}

/** A change, upwards for the better. */
export interface MeasuredChange {
  readonly tolerance: number;
  /** Ends of its interval. */
  readonly worst: number;
  readonly best: number;
  /** Whether anything changed at all. */
  readonly moved: boolean;
  /** Chance of a change this far beyond the tolerance or farther where the true one is within it. */
  readonly chance: number;
  /** Noise that has a part in the change and none in its interval, in words. */
  readonly unseenNoise: string | undefined;
}

/** Measures a metric of a row then and now by the same draws on the truth at hand. */
export function compareRow(comparison: Comparison, id: string): CheckedRow | ComparedRow {
  const { input, task, known, row, rows, entry, tolerances } = comparison;
  const about = { task: known.id, entry: row.entry, metric: id };
  const incomparable = (reason: string): CheckedRow => ({
    ...about,
    verdict: 'not-comparable',
    reason: `${reason}: bench accept takes the new numbers`,
  });
  const metric = input.metrics.find((candidate) => candidate.id === id);
  const sample = resultOf(entry, id);
  if (metric === undefined || sample === undefined || entry.cells.some((cell) => cell.metrics[id] === undefined))
    return { ...about, verdict: 'missing', reason: `${id} is no longer measured` };
  const paramsThen = known.metrics.find((candidate) => candidate.id === id)?.params;
  if (canonicalJson(paramsThen ?? {}) !== canonicalJson(metric.params))
    return incomparable(`the parameters of ${id} changed`);
  const other = otherYardstick(row, entry, task, id);
  if (other !== undefined) return incomparable(`${id} cannot be compared, ${other}`);
  const [now, was] = measuredBoth(comparison, metric);
  if (now === undefined || was === undefined) return { ...about, verdict: 'missing', reason: `${id} has no result` };

  const { scale, tolerance } = toleranceOf(id, sample, rows, tolerances);
  const positive = sample.detection?.positive;
  const onScale = (measurement: Measurement) =>
    scale === 'log-odds' && positive !== undefined ? inLogOdds(measurement, positive) : measurement;
  const seeds = entry.cells.map(({ seed }) => seed);
  const sameSeeds = canonicalJson(seeds) === canonicalJson(row.seeds);
  const change = (sameSeeds ? pairedDifference : differenceOfSeeds)(onScale(now), onScale(was));
  const { low, high } = intervalOf(change, input.report.ci);
  const place = `${known.id}/${row.entry} ${id}`;
  for (const value of [was.value, now.value, change.value, low, high, tolerance]) requireFinite(value, place);

  const sign = metric.higherIsBetter ? 1 : -1;
  const [worst, best] = metric.higherIsBetter ? [low, high] : [-high, -low];
  const otherParams = seedsOfOtherParams(entry, row).length > 0;
  const moved = rounded(change.value) !== 0 || rounded(low) !== 0 || rounded(high) !== 0;
  const digests = entry.cells.flatMap(({ scoresDigest }) => scoresDigest ?? []);
  const bytesChanged =
    rounded(change.value) === 0 &&
    sameSeeds &&
    !otherParams &&
    row.scoresDigests.length === digests.length &&
    digests.some((digest, i) => digest !== row.scoresDigests[i]);
  return {
    ...about,
    ...(otherParams ? { reason: `other parameters were chosen: ${chosen(entry, row)}` } : {}),
    ...(canonicalJson(row.params) === canonicalJson(entry.params ?? {}) ? {} : { paramsBefore: row.params }),
    ...(bytesChanged
      ? { warning: 'the scores differ from those of the baseline in their bytes, the metric is the same' }
      : {}),
    before: rounded(was.value),
    after: rounded(now.value),
    change: { value: rounded(change.value), low: rounded(low), high: rounded(high) },
    scale,
    tolerance: rounded(tolerance),
    measured: {
      tolerance,
      worst,
      best,
      moved,
      chance: chanceOf({ ...change, value: sign * change.value + tolerance }),
      unseenNoise: moved ? unseenNoise(comparison, sameSeeds, now) : undefined,
    },
  };
}

function measuredBoth({ input, task, row, entry }: Comparison, metric: MetricOfBoard): (Measurement | undefined)[] {
  const both = [entry, entryOfBaseline(row, entry, task, metric)];
  return measureMetric(task, metric, both, input).entries.map((measured) => measured?.measurement);
}

/** One-sided: how probable a change so far below the edge of what is tolerated is for one that lies on the edge. */
function chanceOf(beyond: Uncertain): number {
  return beyond.value >= 0 ? 1 : pValue(beyond) / 2;
}

function unseenNoise({ row, sameModels }: Comparison, sameSeeds: boolean, now: Measurement): string | undefined {
  const fewest = Math.min(row.seeds.length, now.seeds.length);
  if (fewest < 2 && !(sameSeeds && sameModels))
    return `a single seed does not show what ${sameModels ? 'other seeds' : 'other models'} change by chance, two or more would`;
  const single = Object.entries(now.repeats).find(([, draws]) => draws.length < 2);
  return single && `a single draw of ${single[0]} does not show what it changes by chance, two or more would`;
}

function requireFinite(value: number, place: string): void {
  if (Number.isFinite(value)) return;
  throw new BenchError({
    code: 'BOARD_NOT_FINITE',
    place,
    message: `a number of its comparison is ${value}`,
    next: 'compute this cell again (--force); if that does not help, the baseline is damaged: bench accept makes a new one',
  });
}

/** Seeds of both that are reported with other parameters now. */
function seedsOfOtherParams(entry: Entry, row: BaselineRow): number[] {
  return row.seeds.filter((seed, i) => {
    const now = entry.cells.find((cell) => cell.seed === seed)?.params;
    return now !== undefined && canonicalJson(row.paramsBySeed?.[i] ?? row.params) !== canonicalJson(now);
  });
}

/** The varied parameters that the two have chosen differently for all seeds or, without such, for some of them. */
function chosen(entry: Entry, row: BaselineRow): string {
  const names = Object.keys({ ...row.params, ...entry.params }).filter(
    (name) => canonicalJson(row.params[name] ?? null) !== canonicalJson(entry.params?.[name] ?? null),
  );
  if (names.length > 0)
    return `${describeParams(row.params, names) || 'none of these'} then, ${describeParams(entry.params ?? {}, names) || 'none of these'} now`;
  const seeds = seedsOfOtherParams(entry, row);
  return `for ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
}
