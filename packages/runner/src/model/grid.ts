import type { MeasuredTask, ParamSpecs, Params, PlainError, TaskInfo, UsedModels } from '@attribution-bench/contract';
import type { AboutScores, DeclaredCost } from '@attribution-bench/exchange';
import type { TruthGrowth } from '@attribution-bench/leaderboard';
import type { Code, TaskSpec } from '@attribution-bench/tasks';
import type { MethodDeclaration } from './method-declaration.js';
import type { MetricDeclaration } from './metric-declaration.js';

/** A grid file with every name resolved, every parameter checked and every list under `grid:` multiplied out. */
export interface Grid {
  /** Path of the file as it was given. */
  readonly file: string;
  readonly name: string;
  readonly seed: number;
  readonly tasks: readonly GridTask[];
  /** One entry per parameter setting that the file gives. */
  readonly methods: readonly GridMethod[];
  /** Methods whose code could not be run far enough to say what they are: their cells fail. */
  readonly broken: readonly BrokenMethod[];
  readonly seeds: readonly number[];
  readonly metrics: readonly GridMetric[];
  readonly select?: GridSelection;
  readonly report: { readonly primary: string; readonly ci: number; readonly resamples: number };
  readonly budget: Budget;
  /** Where the accepted numbers are, and tolerances by metric id where the default is not meant. */
  readonly check?: { readonly baseline: string; readonly tolerances: Readonly<Record<string, number>> };
  /** Whether sizes were shrunk by `--quick`. */
  readonly quick: boolean;
}

export type GridTask = ModelTask | ForeignTask;

/** A task with points and a model that is trained here. */
export interface ModelTask {
  readonly id: string;
  readonly spec: TaskSpec;
  /** Absent for `truth: none`. */
  readonly truth?: TruthSpec;
}

/** A task of which only a truth is known that others published. */
export interface ForeignTask {
  readonly id: string;
  /** The grid seed. */
  readonly seed: number;
  /** The folder of the truth, or the key (or its beginning) that importing it printed. */
  readonly foreign: { readonly folder: string } | { readonly key: string };
  readonly spec?: undefined;
  readonly truth?: undefined;
}

export interface TruthSpec {
  readonly subsets: number;
  /** Share of the training set in each subset. */
  readonly fraction: number;
  /** Whether each class has the same share of its points in every subset. */
  readonly stratified: boolean;
  /** Whether whole groups of points are in a subset or not; absent: points are drawn one by one. */
  readonly by?: 'group';
  readonly retrainSeeds: number;
  /** Whether retrainings keep the seeds and batches of the runs on all points; absent: each has a seed of its own. */
  readonly seeds?: 'same';
  /** Points that each subset leaves out, where the file says so in place of `fraction`, which follows from it. */
  readonly leaveOut?: number;
  /** Given where the truth is grown from look to look; `subsets` is then how far it has come. */
  readonly growth?: TruthGrowth;
}

/** How parameters are chosen. */
export interface GridSelection {
  /** Id of the metric. */
  readonly by: string;
  /** Share of subsets and queries that parameters are chosen on. */
  readonly tuneFraction: number;
  /** Settings of each method whose entry lists none. */
  readonly budget?: number;
}

/** A method with one setting of its parameters. */
export interface GridMethod {
  readonly loaded: LoadedMethod;
  /** Every declared parameter, as the file gives it. */
  readonly params: Params<ParamSpecs>;
  readonly files: NamedFiles;
  /** Given where `params` are the first of several settings, and the others are drawn when the grid is prepared. */
  readonly tuned?: {
    /** The parameters that are drawn, those with a search space that the grid does not give. */
    readonly names: readonly string[];
    /** How many settings there are to be, the first one included. */
    readonly budget: number;
  };
}

/** The files that parameters name. */
export interface NamedFiles {
  /** The parameters with absolute paths. */
  readonly located: Params<ParamSpecs>;
  /** SHA-256 of what is in them, by parameter (`extractor.file`): part of keys, in place of the paths. */
  readonly contents: Readonly<Record<string, string>>;
}

/**
 * A method and where its code came from. What it answers may depend on its parameters; a user's method answers from a process
 * of its own, and may fail to.
 */
export interface LoadedMethod {
  /** What it says of itself, with the id and title of its row on the board. */
  readonly method: MethodDeclaration;
  /** Its own id, in keys and random seeds: rows of one method share what they have in common. */
  readonly module: string;
  /** File of its module, for workers to import. */
  readonly file: string;
  /** The code that it consists of, whose hash is part of the keys of its steps. */
  readonly code: Code;
  /** Where the scores come from, where no module computes them: `file` then names what that is, for people. */
  readonly external?: ExternalSource;
  /** Whether it is a user's: named by a path, or from a package that is not of this project. */
  readonly isolated: boolean;
  uses(params: Params<ParamSpecs>): Promise<UsedModels>;
  supports(task: TaskInfo, params: Params<ParamSpecs>): Promise<true | string>;
  adapted(task: TaskInfo, params: Params<ParamSpecs>): Promise<string | undefined>;
}

/** A file of scores that another program computed. */
export interface ScoresFile {
  readonly path: string;
  readonly sha256: string;
  /** The seed of methods that it is for; absent: all of them. */
  readonly seed?: number;
  /** What it or the grid says that the scores cost. */
  readonly cost?: DeclaredCost;
}

/** Scores of another program: files, one for each seed of the grid, or a program that computes them. */
export type ExternalSource = { readonly about: AboutScores } & (
  | { readonly from: 'files'; readonly files: readonly ScoresFile[] }
  | { readonly from: 'program'; readonly argv: readonly string[] }
);

/** A method that is there and cannot be loaded. */
export interface BrokenMethod {
  /** The name of its module. */
  readonly id: string;
  /** Where the grid file names it. */
  readonly place: string;
  readonly error: PlainError;
}

/** A metric and where its code came from; a user's metric answers from a process of its own. */
export interface LoadedMetric {
  readonly metric: MetricDeclaration;
  /** File of a user's metric. */
  readonly file?: string;
  /** The code that it consists of, whose hash is part of the keys of its steps. */
  readonly code: Code;
  /** What it asks of scores, in words. @throws BenchError METRIC_ANSWER when it does not say */
  question(params: Params<ParamSpecs>, of: MeasuredTask): Promise<string | undefined>;
}

export interface GridMetric extends LoadedMetric {
  readonly params: Params<ParamSpecs>;
  readonly files: NamedFiles;
  /** Ids of the tasks it is for; absent: every task that has what it needs. */
  readonly tasks?: readonly string[];
}

/** Limits of one cell. */
export interface Budget {
  readonly cellMs?: number;
  readonly memoryBytes?: number;
}
