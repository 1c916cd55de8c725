import { BenchError, deriveSeed, Rng, type Split } from '@attribution-bench/contract';
import type { AskedGrid } from '../prepare/prepare-grid.js';

interface Sizes {
  readonly subsets: number;
  /** How many of the subsets, the first ones, were there at the first look at a truth that is grown; absent: all. */
  readonly firstSubsets?: number;
  readonly queries: number;
  readonly train: number;
}

/**
 * Draws the subsets, queries and training points on which parameters are chosen; the others are reported. Without
 * `tuneFraction` everything is reported. Of a truth that is grown, parameters are chosen among the subsets of the first look,
 * and whatever grows is reported: so growing changes no choice, and no subset that was reported is chosen on later.
 * @throws BenchError SPLIT_TOO_SMALL when one side would have fewer than 2 subsets (of a task with truth) or no query
 */
export function drawSplit(
  gridSeed: number,
  taskKey: string,
  sizes: Sizes,
  tuneFraction: number | undefined,
): { readonly report: Split; readonly tune?: Split } {
  if (tuneFraction === undefined) return { report: { subsets: all(sizes.subsets), queries: all(sizes.queries) } };
  const draw = (name: string, size: number, among = size): { tune: Int32Array; report: Int32Array } => {
    const rng = new Rng(deriveSeed(gridSeed, taskKey, 'split', name));
    const tune = rng.subset(among, Math.round(tuneFraction * among));
    const chosen = new Set(tune);
    return { tune, report: all(size).filter((index) => !chosen.has(index)) };
  };
  const subsets = draw('subsets', sizes.subsets, sizes.firstSubsets);
  const queries = draw('queries', sizes.queries);
  const train = draw('train', sizes.train);
  const short = (part: { tune: Int32Array; report: Int32Array }, least: number) =>
    Math.min(part.tune.length, part.report.length) < least;
  if ((sizes.subsets > 0 && short(subsets, 2)) || short(queries, 1))
    throw new BenchError({
      code: 'SPLIT_TOO_SMALL',
      message: `select.tuneFraction ${tuneFraction} leaves too little of ${sizes.subsets} subsets and ${sizes.queries} queries on one side`,
      next: 'raise truth.subsets or data.queries, or move tuneFraction towards 0.5',
    });
  return {
    report: { subsets: subsets.report, queries: queries.report, train: train.report },
    tune: { subsets: subsets.tune, queries: queries.tune, train: train.tune },
  };
}

/** Whether any method has several settings that run on a task, so that one is to be chosen. */
export function choosesBetweenSettings(answers: AskedGrid['answers']): boolean {
  const running = [...answers].flatMap(([{ loaded }, answer]) => ('uses' in answer ? [loaded.method.id] : []));
  return new Set(running).size < running.length;
}

function all(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, index) => index);
}
