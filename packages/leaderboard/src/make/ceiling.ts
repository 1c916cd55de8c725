import type { BoardTask } from '@attribution-bench/contract';
import { type JointDraws, noiseCeiling, percentileInterval } from '@attribution-bench/numerics';
import type { Interval } from '../board.js';
import type { Statistic } from './measure/correlation.js';

/** What perfect knowledge of the effect of the subsets would score, given the noise of retraining. */
export interface Ceiling extends Interval {
  readonly value: number;
  /** By query of the report split. */
  readonly perQuery: readonly number[];
}

/** The ceiling of a correlation on the report split; undefined when the truth has a single retraining seed. */
export function ceilingOf(
  task: BoardTask,
  draws: JointDraws,
  statistic: Statistic,
  level: number,
): Ceiling | undefined {
  const { truth, report } = task;
  if (truth === undefined || report.subsets.length < 3) return undefined;
  const { retrainSeeds } = truth;
  const outputs = new Float64Array(report.subsets.length * retrainSeeds * report.queries.length);
  let at = 0;
  for (const subset of report.subsets) {
    for (let seed = 0; seed < retrainSeeds; seed++) {
      for (const query of report.queries)
        outputs[at++] = truth.outputs[(subset * retrainSeeds + seed) * truth.queries + query];
    }
  }
  const shape = { subsets: report.subsets.length, retrainSeeds, queries: report.queries.length };
  const ceiling = noiseCeiling(outputs, shape, draws);
  if (ceiling?.draws === undefined) return undefined;
  const { low, high } = percentileInterval(ceiling.draws, level);
  const scale = statistic === 'spearman' ? (value: number) => value : pearsonOf;
  return {
    value: scale(ceiling.value),
    low: scale(low),
    high: scale(high),
    perQuery: Array.from(ceiling.perQuery, scale),
  };
}

/** Pearson's correlation of normal variables whose rank correlation is given (Pearson 1907). */
function pearsonOf(rankCorrelation: number): number {
  return 2 * Math.sin((Math.PI / 6) * rankCorrelation);
}
