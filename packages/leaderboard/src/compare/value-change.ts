import { drawJointly, type JointDraws, mean, pearson } from '@attribution-bench/numerics';
import type { BoardValue, Interval, PairedDifference } from '../board.js';
import {
  differenceOfSeeds,
  intervalOf,
  type Measurement,
  measurement,
  pairedDifference,
  pValue,
} from '../make/measure/measurement.js';
import { twoSidedQuantile, twoSidedTail } from '../statistics/student-t.js';

/** A value of one board with the method seeds that it is the mean of. */
export interface SeededValue {
  readonly value: BoardValue;
  readonly seeds: readonly number[];
}

/** How far a value is from the same one of another board. */
export interface ValueChange {
  /** after - before. */
  readonly change: PairedDifference;
  /** Two-sided: how probable a change this large or larger is where there is none. */
  readonly chance: number;
}

/** Resamples that queries are drawn by, as {@link queryDraws} makes them for all rows of a task. */
export function queryDraws(queries: number, resamples: number): JointDraws {
  return drawJointly({ resamples, subsets: 0, queries }, [2008, 27, queries, resamples]);
}

/**
 * The change of a value between boards that have nothing in common but the question. Boards keep intervals and not what was
 * resampled, so the interval of the difference is recovered from theirs (MOVER: Zou and Donner 2008, Statistics in Medicine
 * 27:1693-1702), for estimates that are independent. Where they share subsets, queries or seeds after all, it is too wide.
 * @param level nominal coverage of the intervals of both values
 */
export function independentChange(before: SeededValue, after: SeededValue, level: number): ValueChange {
  return recoveredChange(before, after, level, 0);
}

/**
 * The change of a value between boards of one truth, paired by query. Noise of subsets, queries and seeds is in the intervals
 * of both values; how much of it they have in common is taken to be the correlation of their values over queries (MOVER for
 * correlated estimates: Zou 2007, Psychological Methods 12:399-413). The interval is never narrower than the one that queries and
 * method seeds have by themselves, which are paired as the gate pairs them.
 */
export function pairedChange(before: SeededValue, after: SeededValue, level: number, draws: JointDraws): ValueChange {
  const [was, now] = [before, after].map((one) => measuredByQuery(one, draws));
  const correlation = pearson(was.statistic.perQuery, now.statistic.perQuery) ?? 0;
  const recovered = recoveredChange(before, after, level, correlation);
  const sameSeeds = before.seeds.join() === after.seeds.join();
  const byQuery = (sameSeeds ? pairedDifference : differenceOfSeeds)(now, was);
  const seen = intervalOf(byQuery, level);
  const { value, low, high } = recovered.change;
  return {
    change: { value, low: Math.min(low, seen.low), high: Math.max(high, seen.high) },
    chance: Math.max(recovered.chance, pValue(byQuery)),
  };
}

/** What a board keeps of a value as the gate's statistics take it: no subset is resampled, and seeds have no noise of single queries. */
function measuredByQuery({ value, seeds }: SeededValue, draws: JointDraws): Measurement {
  return measurement({
    value: value.value,
    seeds,
    bySeed: value.perSeed.map((each) => Float64Array.of(each)),
    repeats: {},
    statistic: { perQuery: Float64Array.from(value.perQuery ?? []), resampled: new Float64Array() },
    draws,
  });
}

function recoveredChange(before: SeededValue, after: SeededValue, level: number, correlation: number): ValueChange {
  const [a, b] = [before.value, after.value];
  const value = b.value - a.value;
  const reach = (x: number, y: number) => Math.sqrt(Math.max(0, x * x + y * y - 2 * correlation * x * y));
  const down = reach(b.value - b.low, a.high - a.value);
  const up = reach(b.high - b.value, a.value - a.low);
  // The end of the interval that is nearer to no change.
  const towardsNone = value > 0 ? down : up;
  return {
    change: { value, low: value - down, high: value + up },
    chance: tail(value, towardsNone, before, after, level),
  };
}

/** The chance of a difference that is so many times as large as the arm of its interval. */
function tail(value: number, arm: number, before: SeededValue, after: SeededValue, level: number): number {
  if (value === 0) return 1;
  if (arm === 0) return 0;
  const [ofBefore, ofAfter] = [varianceOf(before.value, level), varianceOf(after.value, level)];
  const total = ofBefore + ofAfter;
  // Satterthwaite's formula.
  const freedom =
    total === 0
      ? Number.POSITIVE_INFINITY
      : total ** 2 / (ofBefore ** 2 / freedomOf(before, level) + ofAfter ** 2 / freedomOf(after, level));
  const df = Math.min(freedom, mostFreedom);
  return twoSidedTail((Math.abs(value) / arm) * twoSidedQuantile(1 - level, df), df);
}

/** Student's t with more degrees of freedom is taken for the normal distribution. */
const mostFreedom = 1e6;

/** The square of the standard error that the width of an interval shows. */
function varianceOf({ low, high }: Interval, level: number): number {
  return ((high - low) / 2 / twoSidedQuantile(1 - level, mostFreedom)) ** 2;
}

/** Degrees of freedom that seeds leave: the fewer there are and the more of the noise is theirs, the fewer. */
function freedomOf({ value }: SeededValue, level: number): number {
  const { perSeed } = value;
  if (perSeed.length < 2) return Number.POSITIVE_INFINITY;
  const centre = mean(perSeed);
  const between = perSeed.reduce((sum, each) => sum + (each - centre) ** 2, 0) / (perSeed.length - 1);
  const share = Math.min(1, between / perSeed.length / varianceOf(value, level));
  return share > 0 ? (perSeed.length - 1) / share ** 2 : Number.POSITIVE_INFINITY;
}
