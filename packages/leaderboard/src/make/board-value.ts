import type { BoardCurve, BoardValue, Interval, PairedDifference } from '../board.js';
import { type Ceiling, shareOfCeiling } from './ceiling.js';
import type { MeasuredCurve, MeasuredMetric } from './measure/measure-metric.js';
import { intervalOf, type Measurement, pairedDifference, type Repeats } from './measure/measurement.js';
import { rounded } from './rounding.js';

/** A metric of a task with its noise ceiling. */
export interface BoardMeasure {
  readonly metric: MeasuredMetric;
  readonly ceiling?: Ceiling;
}

/** Entries that others are compared with; absent or -1 where there is none. */
export interface References {
  readonly best: number | undefined;
  readonly random: number;
}

/** What board.json says of one metric of one entry; undefined where the entry has none. */
export function boardValue(
  { metric, ceiling }: BoardMeasure,
  i: number,
  references: References,
  level: number,
): BoardValue | undefined {
  const { entries } = metric;
  const entry = entries[i];
  if (entry === undefined) return undefined;
  const { measurement, undefinedQueries, growth, curve } = entry;
  const against = (reference: number | undefined): PairedDifference | undefined => {
    const other = reference === undefined || reference === i ? undefined : entries[reference]?.measurement;
    return other === undefined ? undefined : differenceTo(measurement, other, level);
  };
  const share = ceiling === undefined ? undefined : shareOfCeiling(measurement, ceiling, level);
  const [toBest, toRandom] = [against(references.best), against(references.random)];
  return {
    value: rounded(measurement.value),
    ...roundedInterval(withinRange(intervalOf(measurement, level), metric)),
    perSeed: entry.perSeed.map(rounded),
    ...(entry.perQuery ? { perQuery: Array.from(measurement.statistic.perQuery, rounded) } : {}),
    ...(entry.sampledQueries !== undefined && { sampledQueries: entry.sampledQueries }),
    ...(undefinedQueries !== undefined && { undefinedQueries }),
    ...repeatsOf(measurement.repeats),
    ...(share !== undefined && { ofCeiling: { value: rounded(share.value), ...roundedInterval(share) } }),
    ...(toBest !== undefined && { toBest }),
    ...(toRandom !== undefined && { toRandom }),
    ...(growth !== undefined && { growth: growth().map((at) => ({ ...at, value: rounded(at.value) })) }),
    ...(curve !== undefined && { curve: boardCurve(curve, metric, level) }),
  };
}

function boardCurve({ points, steps }: MeasuredCurve, metric: MeasuredMetric, level: number): BoardCurve {
  const measured = steps();
  const values = measured.map(({ value }) => value);
  const intervals = measured.map((step) => withinRange(intervalOf(step, level), metric));
  const [low, high] = [intervals.map((interval) => interval.low), intervals.map((interval) => interval.high)];
  const { curveLevel } = metric;
  const ends = { value: values, low: high, high: low };
  const reached = Object.entries(ends).flatMap(([end, heights]) => {
    const step = heights.findIndex((height) => rounded(height) >= (curveLevel ?? Number.POSITIVE_INFINITY));
    return step === -1 ? [] : [[end, points[step]]];
  });
  return {
    points: [...points],
    values: values.map(rounded),
    low: low.map(rounded),
    high: high.map(rounded),
    ...(curveLevel !== undefined && { reaches: Object.fromEntries(reached) }),
  };
}

function repeatsOf(repeats: Repeats): Pick<BoardValue, 'repeats'> {
  const counted = Object.entries(repeats).flatMap(([source, { length }]) => (length > 1 ? [[source, length]] : []));
  return counted.length === 0 ? {} : { repeats: Object.fromEntries(counted) };
}

/** Cut to the values there can be. */
function withinRange({ low, high }: Interval, { range: [least, most] }: MeasuredMetric): Interval {
  return { low: Math.max(least, low), high: Math.min(most, high) };
}

/** A measurement minus another one, paired on the same draws. */
export function differenceTo(measurement: Measurement, reference: Measurement, level: number): PairedDifference {
  const change = pairedDifference(measurement, reference);
  return { value: rounded(change.value), ...roundedInterval(intervalOf(change, level)) };
}

export function roundedInterval({ low, high }: Interval): Interval {
  return { low: rounded(low), high: rounded(high) };
}
