import type { BoardSettling, LeadingTie } from '../board.js';
import type { BoardTask, TruthGrowth } from '../board-input.js';
import { holm } from '../statistics/holm.js';
import { lookShare } from '../statistics/look-shares.js';
import type { PairedTest } from './paired-tests.js';
import { pairs } from './pairs.js';
import { rounded } from './rounding.js';

/** One of the looks at a truth that is grown. */
export interface Look extends TruthGrowth {
  /** From 1. */
  readonly look: number;
  /** Share of the family error that belongs to it. */
  readonly errorShare: number;
}

/** The look that a task stands at; undefined where its truth is not grown. */
export function lookAt({ truth, growth }: BoardTask): Look | undefined {
  if (truth === undefined || growth === undefined) return undefined;
  const look = truth.subsets / growth.block;
  return { ...growth, look, errorShare: lookShare(look, growth.looks) };
}

/** p-values that hold over all looks together: each look rejects at its own share of any level. */
export function overLooks(pValues: readonly number[], look: Look | undefined): readonly number[] {
  return look === undefined ? pValues : pValues.map((p) => Math.min(1, p / look.errorShare));
}

/** What is ranked, with everything that tells when it would be told apart. */
export interface Contest {
  readonly names: readonly string[];
  /** Higher is better. */
  readonly values: readonly number[];
  /** Indices from best to worst. */
  readonly order: readonly number[];
  /** Test of each of the {@link pairs}, and its p-value over all looks. */
  readonly tests: readonly PairedTest[];
  readonly pValues: readonly number[];
  /** Report subsets; all others of the truth are of the tune split and do not grow. */
  readonly subsets: number;
  readonly familyError: number;
  readonly ci: number;
}

/** Which of the leading methods are still tied, and what more subsets would do about it. */
export function settlingOf(contest: Contest, at: Look): BoardSettling {
  const { order, pValues, tests, values, familyError } = contest;
  const adjusted = holm(pValues);
  const placeOf = (item: number) => order.indexOf(item);
  const tied = pairs(values.length).flatMap(([i, j], pair): Tie[] => {
    if (adjusted[pair] <= familyError) return [];
    const [better, worse] = placeOf(i) < placeOf(j) ? [i, j] : [j, i];
    return [{ better, worse, test: tests[pair] }];
  });
  const leading = tied
    .filter(({ better }) => placeOf(better) < at.top)
    .sort((a, b) => placeOf(a.better) - placeOf(b.better) || placeOf(a.worse) - placeOf(b.worse));
  const { look, looks, block, errorShare, top, margin } = at;
  return {
    look,
    looks,
    block,
    errorShare: rounded(errorShare),
    top,
    margin,
    ties: leading.map((tie) => leadingTie(contest, at, tie, tied.length)),
  };
}

/** A tie is left alone when no later look has this chance of splitting it: 20 %, as a quantile of the normal distribution. */
const slimChance = -0.8416212335729143;
/** A tie is probably split where chances are even. */
const evenChance = 0;

interface Tie {
  readonly better: number;
  readonly worse: number;
  readonly test: PairedTest;
}

function leadingTie(
  { names, values, subsets, familyError, ci }: Contest,
  { look, looks, block, errorShare, margin }: Look,
  { better, worse, test }: Tie,
  /** Pairs that are not told apart: what Holm multiplies the next p-value by. */
  tied: number,
): LeadingTie {
  const difference = values[better] - values[worse];
  const now = test.sampling(subsets);
  const halfWidth = distanceOfTail((1 - ci) * errorShare, (distance) => test.tail(distance, now));
  const [low, high] = [difference - halfWidth, difference + halfWidth];
  const tie = {
    better: names[better],
    worse: names[worse],
    difference: { value: rounded(difference), low: rounded(low), high: rounded(high) },
  };
  if (-margin <= low && high <= margin) return { ...tie, outlook: 'within' };
  const levelAt = (k: number) => (familyError * lookShare(Math.min(k, looks), looks)) / tied;
  /** Whether look k splits it with this chance, given what is known now: with more subsets the difference moves, too. */
  const splits = (k: number, chance: number): boolean => {
    const then = test.sampling(subsets + (k - look) * block);
    const expected = difference - chance * Math.sqrt(Math.max(0, now.variance - then.variance));
    return expected > 0 && test.tail(expected, then) <= levelAt(k);
  };
  const later = Array.from({ length: looks - look }, (_, i) => look + 1 + i);
  const isOpen = later.some((k) => splits(k, slimChance));
  const probable = later.find((k) => splits(k, evenChance)) ?? firstAfter(looks, (k) => splits(k, evenChance));
  const at = probable === undefined ? {} : { subsets: probable * block };
  if (isOpen) return { ...tie, outlook: 'open', ...at };
  if (probable !== undefined) return { ...tie, outlook: 'beyond', ...at };
  const left = test.sampling(Number.POSITIVE_INFINITY);
  const bySeeds = test.tailOfSampling(difference, left) <= levelAt(looks);
  const byQueries = test.tail(difference, { ...left, variance: 0 }) <= levelAt(looks);
  return { ...tie, outlook: 'never', limit: bySeeds ? 'seeds' : byQueries ? 'queries' : 'both' };
}

/** The distance whose tail has this chance, of a tail that falls with distance. */
function distanceOfTail(chance: number, tail: (distance: number) => number): number {
  let [low, high] = [0, 1];
  while (tail(high) > chance) high *= 2;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (tail(middle) > chance) low = middle;
    else high = middle;
  }
  return high;
}

/** Further looks are as good as never. */
const lastLook = 1e6;

/** The first whole number above `from` that passes, of a test that all larger ones pass too; undefined where none does. */
function firstAfter(from: number, passes: (at: number) => boolean): number | undefined {
  let [fails, passing] = [from, lastLook];
  if (!passes(passing)) return undefined;
  while (passing - fails > 1) {
    const middle = Math.floor((fails + passing) / 2);
    if (passes(middle)) passing = middle;
    else fails = middle;
  }
  return passing;
}
