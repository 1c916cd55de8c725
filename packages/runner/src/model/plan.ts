import type { BenchError, ParamSpecs, Params, Split, Stage, TaskInfo } from '@attribution-bench/contract';
import type { BoardForeign } from '@attribution-bench/leaderboard';
import type { Code } from '@attribution-bench/tasks';
import type { EngineName } from '@attribution-bench/tfjs-onnx';
import type { Grid, GridMetric, GridTask } from './grid.js';
import type { PlannedStep, StepStatus } from './step.js';
import type { SubsetRule } from './subset-rule.js';

/** `broken`: its method cannot say what it needs, so that there is nothing to plan: the cell has failed. */
export type PlannedCellStatus = StepStatus | 'skipped' | 'broken';

/** Ids of the steps of a cell. */
export interface CellSteps {
  /** What trains the models that its method uses; cells share those too. */
  readonly training: readonly string[];
  /** What cells may share, by stage. */
  readonly stages: { readonly [stage in Stage]?: string };
  readonly score: string;
  readonly metrics: Readonly<Record<string, string>>;
}

/** One (task, method, parameters, seed). */
export interface PlannedCell {
  /** `task/method` and, where they tell cells apart, parameters and seed: `digits-mlp/trak projDim=512 seed=0`. */
  readonly id: string;
  readonly task: string;
  readonly method: string;
  readonly params: Params<ParamSpecs>;
  readonly seed: number;
  readonly status: PlannedCellStatus;
  /** Why it is skipped, broken or stale. */
  readonly reason?: string;
  /** What differs from the method's paper on this task, where something does. */
  readonly adaptation?: string;
  /** Ids of its steps; absent when skipped or broken. */
  readonly steps?: CellSteps;
  /** Models that are trained for it: checkpoints of its ensemble, runs with a trajectory, and those on subsets of its own. */
  readonly retrainings: number;
}

export interface PlannedTask {
  readonly task: GridTask;
  readonly info: TaskInfo;
  readonly key: string;
  /** What its points are taken from: tasks of one data set say much the same of methods. */
  readonly dataset: string;
  /** Hash of the user's own data files, where it is made from any. */
  readonly fingerprint?: string;
  /** Metrics of the grid that are for it. */
  readonly metrics: readonly GridMetric[];
  /** What these ask of scores, in words, by their ids. */
  readonly questions: Readonly<Record<string, string>>;
  readonly truth?: PlannedTruth;
  /** Id of the step that trains the first checkpoint, whose accuracy and loss the board shows; absent where there is no model. */
  readonly first?: string;
  /** Where its truth comes from, if others published it and nothing else is known. */
  readonly foreign?: BoardForeign;
  readonly report: Split;
  readonly tune?: Split;
}

export interface PlannedTruth {
  /** Hash of everything it is made from but the code: boards of different truths are not comparable. */
  readonly key: string;
  /** Absent for a truth that others published. */
  readonly rule?: SubsetRule;
  /** Id of the step that puts the retrainings together, and of those that retrain. */
  readonly step: string;
  readonly steps: readonly string[];
  /** Retrainings already stored, and all of them. */
  readonly cached: number;
  readonly total: number;
}

/** Where data files come from. */
export interface PlanEnvironment {
  /** Where downloads are kept. */
  readonly cacheFolder: string;
  /** Whether to refuse downloads. */
  readonly offline: boolean;
}

/** A task that is not planned. */
export interface LeftOutTask {
  readonly id: string;
  readonly error: BenchError;
  /** Key of its data, from which its results are made; absent where that cannot be read, or only a truth is known. */
  readonly dataset?: string;
}

export interface Plan {
  readonly grid: Grid;
  /** Folder of this machine, or shared by several, that holds `runs/`, `boards/` and whatever else is no result itself. */
  readonly resultsFolder: string;
  /** What opens the store of the results: `store` of that folder, or a URL. */
  readonly storeLocation: string;
  readonly engine: EngineName;
  readonly environment: PlanEnvironment;
  readonly tasks: readonly PlannedTask[];
  /** Tasks that could not be prepared, of a plan that only reads results. */
  readonly leftOut: readonly LeftOutTask[];
  readonly cells: readonly PlannedCell[];
  /** In an order in which every step comes after those it needs. */
  readonly steps: readonly PlannedStep[];
  /** The code whose hashes are in their keys: a run notes what it consists of, for later plans to say what changed. */
  readonly code: readonly Code[];
}

/** What a run takes of a plan: enough to do its steps, on whichever machine. */
export type RunnablePlan = Pick<
  Plan,
  'resultsFolder' | 'storeLocation' | 'environment' | 'cells' | 'steps' | 'code'
> & {
  readonly grid: Pick<Grid, 'name' | 'budget'>;
};

export interface PlanOptions {
  /** Folder that holds `store/`, `runs/` and `truth/`. */
  readonly resultsFolder: string;
  /** Default `store` of that folder. */
  readonly storeLocation?: string;
  readonly engine: EngineName;
  /** Globs over `task/method` (or over the method alone): only these cells, not these, these again even when cached. */
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly force?: readonly string[];
  /** `truth`: the ground truth and nothing else; `scores`: what methods say, without ground truth and metrics. */
  readonly scope?: 'all' | 'truth' | 'scores';
  /** Where downloaded data is kept; default a cache folder of the user. */
  readonly cacheFolder?: string;
  /** Refuse to download data. */
  readonly offline?: boolean;
  /** For what only reads results: tasks that cannot be prepared here are left out, and no file of a later step is asked for. */
  readonly readsOnly?: boolean;
  onLog?(message: string): void;
}
