import { plural } from '@attribution-bench/contract';
import type { Board, BoardTaskSummary, CounterfactualBoard, RankFlip } from '../board.js';
import { formatInterval, formatLevel, formatSigned, formatValue } from './format.js';

type TruthSummary = NonNullable<BoardTaskSummary['truth']>;

/** `halves, fresh seeds`, `99 % kept, every point left out about equally often, the seed kept`: what a truth asks. */
export function counterfactualWords({ fraction, stratified, by, balanced, seeds, retrainSeeds }: TruthSummary): string {
  const size = fraction === 0.5 ? 'halves' : `${formatLevel(fraction)} kept`;
  return [
    stratified === true ? `${size} by class` : by === 'group' ? `${size} by group` : size,
    ...(balanced === true ? ['every point left out about equally often'] : []),
    seeds === undefined ? 'fresh seeds' : retrainSeeds === 1 ? 'the seed kept' : `${retrainSeeds} seeds kept`,
  ].join(', ');
}

/** Why the ceiling of a truth that keeps seeds is 1, and what of it needs these very seeds. */
export function keptSeedSentence({ retrainSeeds, acrossSeeds = {} }: TruthSummary, metric: string): string {
  const across = acrossSeeds[metric];
  const exact =
    'The seed is kept: the same run without the same points always comes out the same, so that nothing but the method is in ' +
    'the way of a ceiling of 1. Methods explain that very run, whatever their own seed.';
  if (retrainSeeds === 1) return exact;
  const several = `Outcomes are means over ${plural(retrainSeeds, 'kept seed')}, checkpoints 0 to ${retrainSeeds - 1}; a method with fewer checkpoints explains the first ones only.`;
  if (across === undefined) return `${exact} ${several}`;
  return `${exact} ${several} Knowing the mean effect over fresh seeds would reach ${formatValue(across.value)} ${formatInterval(across)}: what lies above is specific to the seeds.`;
}

export function counterfactualTitle({ tasks }: CounterfactualBoard): string {
  return `Across counterfactuals: ${tasks.join(', ')}`;
}

/** What the ranks are of, and what makes the tasks differ. */
export function counterfactualSentence({ metric, tasks }: CounterfactualBoard, board: Board): string {
  const words = tasks.map((id) => {
    const truth = board.tasks.find((task) => task.id === id)?.truth;
    return truth === undefined ? id : `${id} (${counterfactualWords(truth)})`;
  });
  return `Ranks by ${metric} where data, model and target are one and the truth is another: ${words.join('; ')}. Values are not compared across truths, whose ceilings differ.`;
}

/** What is to be said before the list of {@link flipWords}. */
export function flipsSentence({ flips, unsettled }: CounterfactualBoard, level: number): string {
  const flipped =
    flips.length === 0
      ? 'No two methods differ significantly under two of these truths in opposite orders.'
      : `${plural(flips.length, 'pair')} of methods ${flips.length === 1 ? 'flips' : 'flip'}: significantly different under at least two of these ` +
        `truths, in opposite orders (differences with ${formatLevel(level)} intervals).`;
  if (unsettled === 0) return flipped;
  const others = plural(unsettled, flips.length === 0 ? 'pair' : 'other pair');
  return `${flipped} By value alone ${others} ${unsettled === 1 ? 'changes' : 'change'} order, which may be noise.`;
}

/** `TRAK before Grad-Dot on a (+0.120 [0.080, 0.160]), behind it on b (-0.050 [-0.090, -0.020])` */
export function flipWords({ entry, other, differences }: RankFlip, of: CounterfactualBoard, board: Board): string {
  const title = (name: string) => of.rows.find((row) => row.entry === name)?.title ?? name;
  const sign = board.metrics.find(({ id }) => id === of.metric)?.higherIsBetter === false ? -1 : 1;
  const where = (place: number) =>
    differences
      .filter(({ value }) => Math.sign(value) === sign * place)
      .map(({ task, ...change }) => `${task} (${formatSigned(change.value)} ${formatInterval(change)})`)
      .join(', ');
  return `${title(entry)} before ${title(other)} on ${where(1)}, behind it on ${where(-1)}`;
}
