import { formatCount, plural } from '@attribution-bench/contract';
import type { Board, BoardCurve, BoardTaskSummary } from '../board.js';
import type { BoardMetric } from '../board-input.js';
import { counterfactualWords, keptSeedSentence } from './counterfactual-sentences.js';
import { foreignSentence, runsWords } from './foreign-sentences.js';
import { formatLevel, formatValue, shortKey } from './format.js';
import type { RowView, TaskView } from './task-view.js';

/** What was measured, in one sentence. */
export function measuredSentence(task: BoardTaskSummary, metric: BoardMetric | undefined): string {
  if (metric === undefined) return 'Nothing was measured: no cell of this task has a result.';
  const statistic = metric.params.statistic;
  const name = typeof statistic === 'string' ? `${metric.title} (${capitalised(statistic)})` : metric.title;
  const { truth, report } = task;
  const asked = task.questions?.[metric.id];
  if (asked !== undefined) return `${name}: ${asked}?`;
  if (truth === undefined || report.subsets === 0) return `${name} on ${plural(task.train, 'training point')}.`;
  if (task.foreign !== undefined) {
    const points =
      truth.mostPoints === undefined
        ? formatCount(truth.points)
        : `${formatCount(truth.points)} to ${formatCount(truth.mostPoints)}`;
    return (
      `${name}: do scores predict the target of ${plural(report.queries, 'query', 'queries')} (${task.target}) after ` +
      `training on ${plural(report.subsets, 'subset')} of ${points} of ${plural(task.train, 'training point')}, ` +
      `${runsWords(task.foreign)}?`
    );
  }
  if (truth.seeds === 'same') {
    const left = `${formatCount(task.train - truth.points)} of ${plural(task.train, 'training point')}`;
    const runs =
      truth.retrainSeeds === 1
        ? 'the training run on all points, its seed and batches kept,'
        : `${formatCount(truth.retrainSeeds)} training runs on all points, their seeds and batches kept,`;
    return (
      `${name}: do scores predict the ${task.target} of ${plural(report.queries, 'query', 'queries')} when ${runs} ` +
      `${truth.retrainSeeds === 1 ? 'is' : 'are'} repeated without ${left}, ${plural(report.subsets, 'time')}?`
    );
  }
  const subset =
    truth.stratified === true
      ? 'class-stratified random subset'
      : truth.by === 'group'
        ? 'random subset (of whole groups)'
        : 'random subset';
  return (
    `${name}: do scores predict the ${task.target} of ${plural(report.queries, 'query', 'queries')} after retraining on ` +
    `${plural(report.subsets, subset)} of ${formatCount(truth.points)} of ${plural(task.train, 'training point')}, ` +
    `${plural(truth.retrainSeeds, 'retraining')} each?`
  );
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/** Which way a diagnostic of a generator is better. */
export const betterWord = { lower: 'lower is better', higher: 'higher is better', zero: 'best near 0' } as const;

/** What diagnostics of a generator are about, in the order they are shown in. */
export const diagnosticGroups = {
  distance: 'nearness to the data',
  quality: 'quality and variety',
  memorisation: 'memorisation',
} as const;

/** Why a diagnostic has no value. */
export function notComputed(note: string): string {
  return `cannot be computed: ${note}`;
}

/** What diagnostics compare. `generated`: how many samples are known, 0 for none. */
export function diagnosticsSentence(generated: number): string {
  const samples = generated === 0 ? 'Generated queries' : plural(generated, 'generated query', 'generated queries');
  return `${samples} beside the training points and the held-out queries, compared in pixels.`;
}

/** The model and its sanity values, or where a published truth comes from. */
export function modelSentence(task: BoardTaskSummary): string {
  if (task.foreign !== undefined) return foreignSentence(task.foreign, task.truth?.key);
  const classes = task.classes > 0 ? ` of ${task.classes} classes` : '';
  const sanity = Object.entries(task.sanity).map(([name, value]) => `${sanityName(name)} ${formatValue(value)}`);
  const truth =
    task.truth === undefined ? [] : [`truth ${shortKey(task.truth.key)} (${counterfactualWords(task.truth)})`];
  return [
    `${task.kind}${classes}, ${plural(task.parameters, 'parameter')}, ${plural(task.epochs, 'epoch')}`,
    ...sanity,
    ...truth,
  ].join(', ');
}

/** `train loss` for `trainLoss`. */
function sanityName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** How parameters were chosen; undefined when none were. @param budget settings of each method, where the grid says so */
export function choiceSentence(view: TaskView, budget?: number): string | undefined {
  const rule = choiceRule(view, budget);
  const list = chosenRows(view).map((chosen) => {
    const { title, sweep } = chosen.row;
    return `${title} ${chosenParams(chosen)} (of ${sweep.length})`;
  });
  return rule && `${rule}: ${list.join('; ')}.`;
}

/** {@link choiceSentence} without what was chosen and without its full stop. @param budget settings of each method, where the grid says so */
export function choiceRule(view: TaskView, budget?: number): string | undefined {
  const chosen = chosenRows(view);
  if (view.task.tune === undefined || chosen.length === 0) return undefined;
  const { subsets, queries } = view.task.tune;
  const parts = [
    ...(subsets > 0 ? [plural(subsets, 'subset')] : []),
    ...(queries > 0 ? [plural(queries, 'query', 'queries')] : []),
  ];
  const seeds = Math.max(...chosen.map(({ row }) => row.seeds.length));
  const how =
    seeds > 1
      ? 'for each method seed by the other ones'
      : 'with the method seed that is reported, which favours settings that it happens to suit';
  const drawn =
    budget === undefined
      ? ''
      : `. Where the grid lists none, a method has ${budget} settings, or all that it can have, its defaults and others ` +
        'drawn evenly from the search space that it declares';
  return `Parameters were chosen on ${parts.join(' and ')} that are not reported, ${how}${drawn}`;
}

/** Rows whose setting was chosen among several. */
export function chosenRows({ ranked, controls }: TaskView): RowView[] {
  return [...ranked, ...controls].filter(({ row }) => row.sweep.length > 1 && row.params !== undefined);
}

/**
 * `projDim=2048 checkpoints=5`: the varied parameters as they were chosen; `damping=0.1 for seeds 0, 2, damping=1 for seed
 * 1` where seeds have different ones.
 */
export function chosenParams({ row }: RowView): string {
  const { params, paramsBySeed, seeds } = row;
  const text = (one: typeof params) =>
    row.varied.map((name) => `${name}=${JSON.stringify(one?.[name] ?? null).replaceAll('"', '')}`).join(' ');
  if (paramsBySeed === undefined) return text(params);
  const settings = new Map<string, number[]>();
  paramsBySeed.forEach((one, i) => {
    settings.set(text(one), [...(settings.get(text(one)) ?? []), seeds[i]]);
  });
  return [...settings]
    .map(([setting, of]) => `${setting} for ${of.length === 1 ? 'seed' : 'seeds'} ${of.join(', ')}`)
    .join(', ');
}

/** Where the curves of each method reach the level that a metric names, one sentence for each such metric. */
export function reachedSentences({ metric, otherMetrics, ranked, controls }: TaskView): string[] {
  const all = metric === undefined ? otherMetrics : [metric, ...otherMetrics];
  return all.flatMap(({ id, curve }) => {
    const reached = [...ranked, ...controls].flatMap(({ row }) => {
      const of = row.metrics[id]?.curve;
      return of?.reaches === undefined ? [] : [`${row.title} ${reachedWords(of.reaches, of.points)}`];
    });
    return curve?.reaches === undefined || reached.length === 0
      ? []
      : [`${curve.reaches.title}: ${reached.join(', ')}.`];
  });
}

/** `40 [10, 80]`, `above 80 [40, above 80]` */
function reachedWords({ value, low, high }: NonNullable<BoardCurve['reaches']>, points: readonly number[]): string {
  const words = (count: number | undefined) => (count === undefined ? `above ${points.at(-1)}` : formatCount(count));
  return `${words(value)} [${words(low)}, ${words(high)}]`;
}

/** What was counted as 0 because it was undefined; undefined when nothing was. */
export function undefinedSentence({ task, ranked, controls }: TaskView): string | undefined {
  const affected = [...ranked, ...controls].filter(({ value }) => (value?.undefinedQueries ?? 0) > 0);
  if (affected.length === 0) return undefined;
  const list = affected.map(({ row, value }) => `${row.title} ${value?.undefinedQueries}`);
  return `Queries (of ${task.report.queries}) whose value was undefined and counted as 0: ${list.join(', ')}.`;
}

/** What methods noted about their scores, where any did. */
export function methodNotes({ ranked, controls }: TaskView): string | undefined {
  const noted = [...ranked, ...controls].flatMap(({ row }) =>
    row.notes === undefined ? [] : [`${row.title}: ${row.notes.join('; ')}.`],
  );
  return noted.length === 0 ? undefined : noted.join(' ');
}

/** Why there is no ceiling, no row has a share of it, or it is 1; undefined when rows have one, or nothing has a ceiling here. */
export function ceilingSentence({ task, metric, ceiling, noCeiling }: TaskView): string | undefined {
  if (noCeiling !== undefined) return noCeiling.row.reason;
  if (ceiling !== undefined && task.truth?.seeds === 'same') return keptSeedSentence(task.truth, metric?.id ?? '');
  if (ceiling?.value === undefined || ceiling.value.low > 0) return undefined;
  return (
    'Retrainings of one subset agree so little that the noise ceiling may be 0: no value is given as a share of it. ' +
    'More subsets or more retrainings each (truth.subsets, truth.retrainSeeds) would tell.'
  );
}

/** How ranks, groups and intervals are to be read. */
export function statisticsSentence({ statistics, rows }: Board): string {
  const { ci, resamples, familyError } = statistics;
  const seeds = Math.max(0, ...rows.map((row) => row.seeds.length));
  const measured = rows.flatMap((row) => Object.entries(row.metrics));
  const repeated = new Set(measured.flatMap(([id, { repeats }]) => (repeats?.retrainings === undefined ? [] : [id])));
  const retrained =
    repeated.size === 0 ? '' : `, those of ${[...repeated].sort().join(', ')} for fresh retrainings too`;
  const byQuery = new Set(
    measured.flatMap(([id, { perQuery, sampledQueries }]) => ((perQuery ?? sampledQueries) === undefined ? [] : [id])),
  );
  const ofPoints = [...new Set(measured.map(([id]) => id))].filter((id) => !byQuery.has(id)).sort();
  const points =
    ofPoints.length === 0
      ? ''
      : `, those of ${ofPoints.join(', ')} for fresh training points in place of subsets and queries`;
  const compared = measured.some(([, { toBest }]) => toBest !== undefined);
  return (
    `Intervals of ${formatLevel(ci)} hold for fresh subsets${seeds === 1 ? ' and queries' : ', queries and method seeds'}` +
    `${points}${retrained} (${formatCount(resamples)} joint resamples)` +
    `${seeds !== 1 ? '' : '; the one method seed shows nothing of how much others would differ'}. ` +
    `Two methods are statistically tied exactly if they share a tie letter: paired tests adjusted by Holm, at most ` +
    `${formatLevel(familyError)} chance of any false distinction in a task. A rank counts the methods that are ` +
    `significantly better or worse than a row: ranks of two methods may overlap though the two are not tied.` +
    `${compared ? ' "To best" is measured from the best observed value, which overstates the distance on average.' : ''}`
  );
}
