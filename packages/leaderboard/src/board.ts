import type { Json, Origin, TaskKind } from '@attribution-bench/contract';
import type {
  BoardDiagnostic,
  BoardForeign,
  BoardMethod,
  BoardMetric,
  BoardSelection,
  CellStatus,
} from './board-input.js';

/** Names the layout of board.json; raised when a field changes its meaning. */
export const boardSchema = 'bench/board@2';
/** Names the layout of board-costs.json. */
export const boardCostsSchema = 'bench/board-costs@1';

/**
 * The ranked table of a grid, as data. The same results give the same bytes: nothing in here depends on time, machine
 * or the number of jobs; what does stands in {@link BoardCosts}. Every other format is made from the two.
 */
export interface Board {
  readonly schema: typeof boardSchema;
  readonly grid: string;
  readonly gridSeed: number;
  readonly statistics: BoardStatistics;
  /** Given where settings were drawn. */
  readonly selection?: BoardSelection;
  readonly metrics: readonly BoardMetric[];
  readonly methods: readonly BoardMethod[];
  /** In the grid's order. */
  readonly tasks: readonly BoardTaskSummary[];
  /** Task by task: ceiling, ranked methods from best to worst, controls, then the rest by method id. */
  readonly rows: readonly BoardRow[];
  /** Methods over the tasks that have a noise ceiling of the primary metric; empty when there is one such task only. */
  readonly overall: readonly OverallBoard[];
  /** Tasks with one data set, model and target and several truths; absent when there are none. */
  readonly counterfactuals?: readonly CounterfactualBoard[];
}

/** How the intervals and ranks of a board were made. */
export interface BoardStatistics {
  /** Metric that rows are ranked by where a task has it; other tasks are ranked by the first metric they have. */
  readonly primary: string;
  /** Nominal coverage of each interval. */
  readonly ci: number;
  readonly resamples: number;
  /** Probability that any two equally good methods of a task are told apart by group or rank, at most. */
  readonly familyError: number;
}

export interface BoardTaskSummary {
  readonly id: string;
  readonly kind: TaskKind;
  /** What its points are taken from. */
  readonly dataset: string;
  readonly target: string;
  readonly train: number;
  readonly queries: number;
  readonly parameters: number;
  readonly classes: number;
  readonly inputShape: readonly number[];
  readonly epochs: number;
  readonly batch: number;
  /** Mean training loss, accuracies and their like, of the first checkpoint. */
  readonly sanity: { readonly [name: string]: number };
  /** Generators: what the generated queries are like as a whole. */
  readonly diagnostics?: readonly BoardDiagnostic[];
  readonly truth?: {
    readonly key: string;
    readonly subsets: number;
    readonly retrainSeeds: number;
    readonly fraction: number;
    /** Training points in each subset; the fewest where sizes differ. */
    readonly points: number;
    /** The most, where sizes differ. */
    readonly mostPoints?: number;
    /** Whether each class has the same share of its points in every subset. */
    readonly stratified?: true;
    /** Whether whole groups of points are in a subset or not; absent: points are drawn one by one. */
    readonly by?: 'group';
    /** Whether subsets are drawn so that every point is left out about equally often. */
    readonly balanced?: true;
    /** Whether retrainings repeat the runs on all points, with their seeds and batches; absent: seeds of their own. */
    readonly seeds?: 'same';
    /** Of several kept seeds, by metric id: what knowing the mean effect over fresh seeds would score. */
    readonly acrossSeeds?: { readonly [metric: string]: Interval & { readonly value: number } };
  };
  /** Given where only the truth is known, which others published. */
  readonly foreign?: BoardForeign;
  /** Where the truth is grown from look to look: how far that is, and what it has settled. */
  readonly settling?: BoardSettling;
  readonly report: SplitSize;
  /** Absent when nothing was to be chosen. */
  readonly tune?: SplitSize;
  /** What metrics ask of scores, in words, by their ids; boards of before have none. */
  readonly questions?: Readonly<Record<string, string>>;
  /** Metric that the rows of this task are ranked by; absent when no cell has any. */
  readonly rankedBy?: string;
}

/** A truth that is grown until the leading methods are told apart, seen at one of the looks at it. */
export interface BoardSettling {
  /** Number of this look, from 1, and of all there may be. */
  readonly look: number;
  readonly looks: number;
  /** Subsets that a look adds. */
  readonly block: number;
  /**
   * Share of the family error that this look may use up. The shares of all looks sum to 1, so that the bound holds for the
   * board of any look, whichever one growing ends at.
   */
  readonly errorShare: number;
  /** How many of the best methods are to be told apart from all others. */
  readonly top: number;
  /** Differences up to this size are not worth telling apart. */
  readonly margin: number;
  /** Pairs with one of the best methods that are not told apart, best first; empty when the task is settled. */
  readonly ties: readonly LeadingTie[];
}

/** Two methods that are not told apart yet, and what more subsets would do about it. */
export interface LeadingTie {
  /** Entry with the better value, and the other one. */
  readonly better: string;
  readonly worse: string;
  /** Difference of their values, with an interval that holds at all looks together with the chance `ci`. */
  readonly difference: PairedDifference;
  /**
   * `open`: a later look splits it with a chance of at least 20 %, given what is known now. Otherwise it is not worth growing
   * for: `within`, the interval lies within the margin; `beyond`, the looks end before; `never`, subsets alone do not do it.
   */
  readonly outlook: 'open' | 'within' | 'beyond' | 'never';
  /** Subsets at which chances are even that they are told apart, where there is such a number. */
  readonly subsets?: number;
  /** More of what would split it where subsets do not, if the difference stays what it is: `never`. */
  readonly limit?: 'queries' | 'seeds' | 'both';
}

export interface SplitSize {
  readonly subsets: number;
  readonly queries: number;
}

/** `ceiling`: what a perfect method could reach; `control`: a method that is there to be beaten (random scores). */
export type RowKind = 'method' | 'control' | 'ceiling';

export interface BoardRow {
  readonly kind: RowKind;
  readonly task: string;
  /**
   * Unique within the task: the method id, followed by its varied parameters where settings of one method are rows of
   * their own because nothing was set aside to choose one by.
   */
  readonly entry: string;
  /** Method id, or `ceiling`. */
  readonly method: string;
  readonly title: string;
  readonly family: string;
  /** Origin of the method, or `adapted` where the cell is adapted. */
  readonly origin?: Origin;
  /** What differs from the method's paper on this task, where that depends on the task or the parameters. */
  readonly adaptation?: string;
  /** One value per training point, the same for every query. */
  readonly global: boolean;
  readonly status: CellStatus;
  /** Why it is not `ok`. */
  readonly reason?: string;
  /** The parameters that are best by all seeds: every declared one. Absent when none could be chosen. */
  readonly params?: { readonly [key: string]: Json };
  /**
   * The parameters that it is reported with, by seed in the order of `seeds`: those that are best by the other seeds. Absent
   * where they are `params` for every seed.
   */
  readonly paramsBySeed?: readonly { readonly [key: string]: Json }[];
  /** Names of the parameters that were varied. */
  readonly varied: readonly string[];
  /** Every parameter setting that was tried, with what the choice was made from; more than one entry means a choice. */
  readonly sweep: readonly SweepEntry[];
  readonly seeds: readonly number[];
  /** By metric id, on the report split. */
  readonly metrics: { readonly [id: string]: BoardValue };
  /** Ranks it may have among the ranked methods of its task, 1 is best; absent when unranked. */
  readonly rank?: RankInterval;
  /** Letters of the tie groups it belongs to: two methods that share a letter could not be told apart. */
  readonly groups?: string;
  /** SHA-256 of the scores, by seed in the order of `seeds`. */
  readonly scoresDigests?: readonly string[];
  /** What the method noted about its scores, each sentence once; absent where it noted nothing. */
  readonly notes?: readonly string[];
}

export interface SweepEntry {
  readonly params: { readonly [key: string]: Json };
  readonly status: CellStatus;
  readonly reason?: string;
  /** Mean over seeds on the tune split, whose parts the choice was made by; absent when nothing was to be chosen. */
  readonly tune?: number;
  /** Mean over seeds on the report split; shown, never used for the choice. */
  readonly report?: number;
  /** Whether it is best by all seeds. */
  readonly chosen: boolean;
  /** Given where what was varied is as the author has it. */
  readonly defaults?: true;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BoardValue extends Interval {
  /** Mean over seeds and queries. */
  readonly value: number;
  /** Mean over queries, by seed in the order of the row's `seeds`. */
  readonly perSeed: readonly number[];
  /** Mean over seeds, by query of the report split, rounded to 6 decimals; absent for metrics without queries. */
  readonly perQuery?: readonly number[];
  /** How many queries a metric that samples them was measured on, the same ones for every row. */
  readonly sampledQueries?: number;
  /** Largest number over seeds of queries whose value was undefined and counted as 0. */
  readonly undefinedQueries?: number;
  /** Draws of the metric's own randomness that the interval counts, by source: retrainings, removals. */
  readonly repeats?: { readonly [source: string]: number };
  /** value / value of the ceiling row; absent where there is no ceiling or its interval includes 0. */
  readonly ofCeiling?: ShareOfCeiling;
  /**
   * This row minus the ranked row with the best observed value, paired on the same draws; absent on that row itself. The
   * luck that made that row the best is part of it: on average the difference is larger than that to the truly best one.
   */
  readonly toBest?: PairedDifference;
  /** This row minus the `random` row; absent where there is none. */
  readonly toRandom?: PairedDifference;
  /** The value on the first so many subsets of the report split, more and more of them. */
  readonly growth?: readonly { readonly subsets: number; readonly value: number }[];
  /** What the value sums up, at several numbers of training points. */
  readonly curve?: BoardCurve;
}

/** Means over seeds and queries with intervals like that of the value, each for its step alone. */
export interface BoardCurve {
  /** Numbers of training points, ascending. */
  readonly points: readonly number[];
  /** By step, as are the ends of intervals. */
  readonly values: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /**
   * First number of points at which it reaches the level that its metric names. The interval holds the numbers that the steps'
   * intervals leave possible (Brookmeyer and Crowley 1982). What is absent lies beyond the last step.
   */
  readonly reaches?: { readonly value?: number; readonly low?: number; readonly high?: number };
}

export interface ShareOfCeiling extends Interval {
  readonly value: number;
}

export interface PairedDifference extends Interval {
  readonly value: number;
}

export interface RankInterval extends Interval {
  /** 1 + number of ranked methods with a better value. */
  readonly point: number;
}

/**
 * What share of the noise ceiling methods reach on several tasks. Tasks of one data set are near repeats of each other, so
 * that nothing is said of other data sets unless there are at least three.
 */
export interface OverallBoard {
  /** `all`, or the kind of task. */
  readonly scope: 'all' | TaskKind;
  readonly tasks: readonly string[];
  /** Data set of each task, in the order of `tasks`. */
  readonly datasets: readonly string[];
  /** By mean from best to worst, then those without one by title. */
  readonly rows: readonly OverallRow[];
}

export interface OverallRow {
  /** Entry of its rows. */
  readonly entry: string;
  readonly title: string;
  /** Share of the ceiling on each task, in the order of `tasks`; null where it has none. */
  readonly shares: readonly (number | null)[];
  /**
   * Mean over data sets of the mean share over the tasks of each, with an interval for the mean over all data sets of which
   * these are a sample. Absent unless there are three data sets, and where a share is missing.
   */
  readonly mean?: Interval & { readonly value: number };
}

/** How methods rank under several truths of one data set, model and target. */
export interface CounterfactualBoard {
  /** In the grid's order. */
  readonly tasks: readonly string[];
  /** Metric that all of them are ranked by. */
  readonly metric: string;
  /** By the mean of the ranks they have, then by title. */
  readonly rows: readonly CounterfactualRow[];
  /** In the order of `rows`. */
  readonly flips: readonly RankFlip[];
  /** Pairs of methods whose values change order between two of the tasks without being among `flips`. */
  readonly unsettled: number;
}

export interface CounterfactualRow {
  /** Entry of its rows. */
  readonly entry: string;
  readonly title: string;
  /** By task; null where it is not ranked. */
  readonly ranks: readonly (RankInterval | null)[];
}

/** Two methods that are told apart on at least two of the tasks, not always in the same order. */
export interface RankFlip {
  readonly entry: string;
  readonly other: string;
  /** On the tasks on which they are told apart, in the grid's order: `entry` minus `other`, paired on the same draws. */
  readonly differences: readonly (PairedDifference & { readonly task: string })[];
}

/** What depends on the machine and the moment: kept beside board.json, never inside. */
export interface BoardCosts {
  readonly schema: typeof boardCostsSchema;
  readonly grid: string;
  /** Versions, commit, processor, start of the run. */
  readonly provenance: { readonly [name: string]: Json };
  readonly rows: readonly RowCost[];
}

/** Costs of the row with the same task and entry, of one seed of its chosen parameters. */
export interface RowCost {
  readonly task: string;
  readonly entry: string;
  /** Whether whoever computed the scores elsewhere says this, and it was not measured; what they do not say is absent. */
  readonly declared?: true;
  /** Means over seeds; the first is absent where the cost is declared, as a whole. */
  readonly fitSeconds?: number;
  readonly scoreSeconds?: number;
  /** Largest over seeds. */
  readonly peakRssBytes?: number;
  /** Models that the method uses, of one seed. */
  readonly retrainings?: number;
  /** Whether it learns from models that are trained on subsets for it. */
  readonly retrains?: true;
  /** Seconds of training them, a mean over seeds, as if nobody else used them; absent where that is not known. */
  readonly trainSeconds?: number;
  /** What of these seconds other methods of the task use too; absent where they use nothing of it. */
  readonly sharedTrainSeconds?: number;
  /** Fit and score seconds of all parameters and seeds, what they share counted once: what the choice cost. */
  readonly sweepSeconds?: number;
  /** What of fit and score other settings of the method share, a mean over seeds; absent where they share nothing. */
  readonly sharedSeconds?: number;
  /** How many other settings share it, or the part of it that most share. */
  readonly sharedWith?: number;
}
