import type {
  Json,
  MetricResult,
  MetricWords,
  Origin,
  ScoreShape,
  Split,
  TaskInfo,
  Truth,
} from '@attribution-bench/contract';

export type CellStatus = 'ok' | 'failed' | 'skipped' | 'incomplete';

/** What one cell cost. */
export type Cost = MeasuredCost | DeclaredCost;

export interface MeasuredCost {
  /** Seconds of the training side. */
  readonly fitSeconds: number;
  /** Seconds of the queries' side and of solving for scores. */
  readonly scoreSeconds: number;
  /** What of these seconds other settings may share. */
  readonly stages?: readonly StageCost[];
  /** What training the models that it uses cost, step by step, whoever else uses them; absent where that is not known. */
  readonly training?: readonly StageCost[];
  readonly peakRssBytes: number;
  /** Models it had trained for itself (checkpoints of an ensemble, its own subsets). */
  readonly retrainings: number;
}

/** What a step cost whose result several cells may share. */
export interface StageCost {
  /** The same for the cells that share it. */
  readonly step: string;
  readonly seconds: number;
}

/** What whoever computed the scores elsewhere says that they cost. */
export interface DeclaredCost {
  readonly declared: true;
  readonly fitSeconds?: undefined;
  readonly scoreSeconds?: number;
  readonly peakRssBytes?: number;
  readonly retrainings?: number;
}

/** One (task, method, parameters, seed) with what came out of it: what the runner hands to the leaderboard. */
export interface CellResult {
  readonly task: string;
  readonly method: string;
  readonly params: { readonly [key: string]: Json };
  readonly seed: number;
  readonly status: CellStatus;
  readonly reason?: string;
  /** By metric id, on the tune and on the report split; `tune` is absent when nothing is to be chosen. */
  readonly metrics: Readonly<Record<string, { readonly report: MetricResult; readonly tune?: MetricResult }>>;
  readonly cost?: Cost;
  /** SHA-256 of the scores. */
  readonly scoresDigest?: string;
  /** What the method noted about the scores. */
  readonly notes?: readonly string[];
  /** What differs from the method's paper on this task, where something does. */
  readonly adaptation?: string;
}

export interface BoardMethod {
  readonly id: string;
  readonly title: string;
  readonly family: string;
  readonly origin: Origin;
  readonly cite: string;
  readonly revision: number;
  readonly output: ScoreShape;
  readonly needs: readonly string[];
}

/** How a truth is grown from look to look at the board, settled before the first look. */
export interface TruthGrowth {
  /** Subsets at the first look, and how many more there are at each further one. */
  readonly block: number;
  /** How many looks there may be. */
  readonly looks: number;
  /** How many of the best methods are to be told apart from all others. */
  readonly top: number;
  /** Differences of the ranking metric up to this size are not worth telling apart. */
  readonly margin: number;
}

/** A truth that others published, of a task of which nothing else is known. */
export interface BoardForeign {
  readonly title: string;
  /** How its models were trained, in words. */
  readonly recipe?: string;
  /** `unknown` where its authors do not say. */
  readonly licence: string;
  readonly source: string;
  readonly cite?: string;
  /** Training runs of each subset, where that is known. */
  readonly runs?: number;
  /** Whether outputs of single runs are known, and not their means alone. */
  readonly single: boolean;
  /** Subsets that methods could learn from, none of which is reported on; absent: no method of the grid learns from any. */
  readonly learned?: number;
  /** Metrics of the grid that need more than a truth. */
  readonly unmeasured: readonly string[];
}

export interface BoardTask {
  readonly info: TaskInfo;
  /** Hash of what the grid says of the task: its data, model and target. */
  readonly key: string;
  /** What its points are taken from: the name of a data set, followed by a hash of the files where they are the user's own. */
  readonly dataset: string;
  readonly truth?: Truth;
  /** Given where the truth is grown; it then stands at a whole number of blocks. */
  readonly growth?: TruthGrowth;
  /** Given where only the truth is known. */
  readonly foreign?: BoardForeign;
  readonly report: Split;
  readonly tune?: Split;
  /** What metrics ask of scores, in words, by their ids. */
  readonly questions?: Readonly<Record<string, string>>;
  /** Sanity values: mean training loss, accuracy on train and queries of the first checkpoint. */
  readonly sanity: { readonly [name: string]: number };
  /** Generators with generated queries: what those are like beside training and held-out points, in pixels. */
  readonly diagnostics?: readonly BoardDiagnostic[];
}

/** One number that says something of a generator as a whole, such as the Fréchet distance to held-out points. */
export interface BoardDiagnostic {
  readonly id: string;
  readonly title: string;
  /** What it is about: nearness to the data as a whole, quality and variety, or memorisation. */
  readonly group: 'distance' | 'quality' | 'memorisation';
  /** Which way is better; `zero`: neither side of 0. */
  readonly better: 'lower' | 'higher' | 'zero';
  /** Absent where it cannot be computed; `note` then says why. */
  readonly value?: number;
  /** In words: why there is no value, or what to bear in mind with it. */
  readonly note?: string;
}

/** A metric in the words that boards show for it, which they keep: a board is shown without the metric at hand. */
export interface BoardMetric extends MetricWords {
  /** Every declared parameter of the metric. */
  readonly params: { readonly [key: string]: Json };
}

/** How many settings methods were given to choose among. */
export interface BoardSelection {
  /** Settings of each method for which the grid lists none: its defaults, and others drawn from its search space. */
  readonly budget: number;
}

/** Everything a board is made from. */
export interface BoardInput {
  readonly grid: string;
  readonly gridSeed: number;
  readonly tasks: readonly BoardTask[];
  readonly methods: readonly BoardMethod[];
  readonly metrics: readonly BoardMetric[];
  readonly cells: readonly CellResult[];
  /** Default values of the parameters of methods, by method id; those that have none are left out. */
  readonly defaults?: Readonly<Record<string, CellResult['params']>>;
  /** Given where the grid has settings drawn. */
  readonly selection?: BoardSelection;
  readonly report: { readonly primary: string; readonly ci: number; readonly resamples: number };
  readonly provenance: { readonly [name: string]: Json };
}
