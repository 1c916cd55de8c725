import type { BoardForeign } from '@attribution-bench/leaderboard';
import type { Grid } from '../model/grid.js';
import { needsTruthAlone } from '../model/metric-declaration.js';
import type { PreparedForeign } from '../prepare/prepare-foreign.js';
import type { AskedGrid } from '../prepare/prepare-grid.js';
import { planSubsets } from '../steps/kinds/subsets.js';
import type { CellTask, TruthToRead } from './plan-cells.js';
import { choosesBetweenSettings, drawSplit } from './split.js';
import { addStep, type StepList } from './step-list.js';

/** What cells of a task of which only the truth is known have in common, and what its board says of that truth. */
export interface ForeignToPlan {
  readonly cellTask: CellTask & { readonly truth: TruthToRead };
  readonly foreign: BoardForeign;
}

/**
 * Adds the steps that keep a published truth and take out of it what methods may learn from: the tune part of the subsets,
 * where a method learns from any. Values are then reported on the others, for all queries, and no parameters are chosen:
 * a choice on the subsets that a method has learned from would favour whatever overfits them.
 * @throws BenchError SPLIT_TOO_SMALL
 */
export function planForeign(
  steps: StepList,
  grid: Grid,
  { info, key, source, step, foreign, metrics, answers }: PreparedForeign & AskedGrid,
  scoresOnly: boolean,
): ForeignToPlan {
  addStep(steps, step);
  const { about, subsets } = foreign;
  const learns = [...answers].some(
    ([{ loaded }, answer]) => 'uses' in answer && loaded.method.needs.includes('subsets'),
  );
  const sizes = { subsets, queries: info.queries, train: info.train };
  const splits = learns || choosesBetweenSettings(answers);
  const drawn = drawSplit(grid.seed, key, sizes, splits ? grid.select?.tuneFraction : undefined);
  const whole = drawSplit(grid.seed, key, sizes, undefined).report;
  const learned = learns ? drawn.tune?.subsets : undefined;
  const split = learned === undefined ? drawn : { report: { ...whole, subsets: drawn.report.subsets } };
  const shown = learned && addStep(steps, planSubsets(source, learned));
  const { title, recipe, licence, source: origin, cite, seeds, single } = about;
  return {
    cellTask: {
      opened: { info, key, source, parts: { task: key }, dataSteps: [step.id] },
      ...(shown && { subsets: shown }),
      metrics,
      answers,
      scoresOnly,
      truth: { key, step: step.id, output: source.truth },
      split,
    },
    foreign: {
      title,
      licence,
      source: origin,
      ...(recipe !== null && { recipe }),
      ...(cite !== null && { cite }),
      ...(seeds !== null && { runs: seeds }),
      single,
      ...(learned && { learned: learned.length }),
      unmeasured: grid.metrics
        .filter((entry) => !needsTruthAlone(entry.metric) && entry.tasks === undefined)
        .map(({ metric }) => metric.id),
    },
  };
}
