import type { Params, ParamSpecs, Seed, Split, TaskInfo } from '@attribution-bench/contract';
import type { Grid, GridMetric, GridTask, LoadedMethod } from '../grid/grid.js';

export type StepKind = 'dataset' | 'train' | 'retrain' | 'fit' | 'score' | 'metric';

/** Where a step's result is, or is to be. */
export interface ArtifactRef {
  readonly kind: StepKind;
  /** SHA-256, lower-case hex. */
  readonly key: string;
}

/** `stale`: a result for the same place in the grid is stored, but made from something else; `reason` says what. */
export type StepStatus = 'cached' | 'missing' | 'stale';

/** One piece of work: a pure function of what it needs, with one artifact or (a group of models) several. */
export interface PlannedStep {
  readonly id: string;
  readonly kind: StepKind;
  /** For people: `retrain digits-mlp subsets 0-15 seed 1`. */
  readonly label: string;
  readonly task: string;
  /** Of fit, score and metric steps. */
  readonly method?: string;
  /** Ids of the steps whose artifacts it reads. */
  readonly needs: readonly string[];
  readonly outputs: readonly ArtifactRef[];
  readonly status: StepStatus;
  readonly reason?: string;
}

export type PlannedCellStatus = StepStatus | 'skipped';

/** One (task, method, parameters, seed). */
export interface PlannedCell {
  /** `task/method` and, where they tell cells apart, parameters and seed: `digits-mlp/trak projDim=512 seed=0`. */
  readonly id: string;
  readonly task: string;
  readonly method: string;
  readonly params: Params<ParamSpecs>;
  readonly seed: number;
  readonly status: PlannedCellStatus;
  /** Why it is skipped or stale. */
  readonly reason?: string;
  /** Ids of its steps; absent when skipped. */
  readonly steps?: { readonly fit: string; readonly score: string; readonly metrics: Readonly<Record<string, string>> };
}

export interface PlannedTask {
  readonly task: GridTask;
  readonly info: TaskInfo;
  readonly key: string;
  readonly truth?: {
    readonly key: string;
    /** Ids of its retrain steps. */
    readonly steps: readonly string[];
    /** Retrainings already stored, and all of them. */
    readonly cached: number;
    readonly total: number;
  };
  readonly report: Split;
  readonly tune?: Split;
}

export interface Plan {
  readonly grid: Grid;
  readonly resultsFolder: string;
  readonly engine: 'onnx' | 'tfjs';
  readonly tasks: readonly PlannedTask[];
  readonly cells: readonly PlannedCell[];
  /** In an order in which every step comes after those it needs. */
  readonly steps: readonly PlannedStep[];
}

export interface PlanOptions {
  /** Folder that holds `store/`, `runs/` and `truth/`. */
  readonly resultsFolder: string;
  readonly engine: 'onnx' | 'tfjs';
  /** Globs over `task/method`: only these cells, not these, these again even when cached. */
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly force?: readonly string[];
  /** `truth`: the ground truth and nothing else. */
  readonly scope?: 'all' | 'truth';
}
