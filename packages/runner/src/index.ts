import type { BoardInput } from '@attribution-bench/contract';
import type { Grid } from './grid/grid.js';
import type { Plan, PlanOptions } from './plan/plan.js';
import type { RunEvent, RunOutcome } from './run/events.js';

export type * from './grid/grid.js';
export type * from './plan/plan.js';
export type * from './run/events.js';

/**
 * Reads and checks a grid file and loads the methods it names.
 * @throws GridErrors (a BenchError) with one `file:line:col message, next step` a problem
 */
export declare function loadGrid(path: string, options?: { readonly quick?: boolean }): Promise<Grid>;
/** Every problem found in a grid file; `lines` are ready to print. */
export declare class GridErrors extends Error {
  readonly lines: readonly string[];
}
/** The JSON schema of grid files, for editors. */
export declare function gridJsonSchema(): Record<string, unknown>;

/** What would be done, what is stored already, and what is skipped, with reasons. Computes and writes no result. */
export declare function planGrid(grid: Grid, options: PlanOptions): Promise<Plan>;

export interface Estimate {
  /** Predicted wall time of the steps that are not cached. */
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** By step kind. */
  readonly byKind: Readonly<Record<string, { readonly steps: number; readonly seconds: number }>>;
  /** By step id, in seconds of one worker. */
  readonly bySteps: ReadonlyMap<string, number>;
}
/** Predicts time and memory from earlier runs on this machine, and from a short timed probe where there are none. */
export declare function estimate(plan: Plan, options: { readonly jobs: number }): Promise<Estimate>;

export interface RunOptions {
  readonly jobs: number;
  readonly maxTimeMs?: number;
  readonly failFast?: boolean;
  readonly cancel?: AbortSignal;
  onEvent?(event: RunEvent): void;
}
/** Does what a plan leaves to do. Never rejects because a step fails: see the outcome. */
export declare function runPlan(plan: Plan, options: RunOptions): Promise<RunOutcome>;

/** What a board is made from, out of what is stored; cells without results come as failed or incomplete. */
export declare function boardInput(plan: Plan, outcome?: RunOutcome): Promise<BoardInput>;

export interface TruthVerification {
  readonly task: string;
  readonly rows: readonly {
    readonly subset: number;
    readonly seed: number;
    /** Whether the retrained outputs have the stored bytes, and how far off they are at most. */
    readonly identical: boolean;
    readonly largestDifference: number;
  }[];
}
/** Retrains `rows` randomly chosen rows of each task's stored truth and compares. */
export declare function verifyTruth(
  plan: Plan,
  options: { readonly rows: number; readonly jobs: number; readonly cancel?: AbortSignal },
): Promise<readonly TruthVerification[]>;
/** Writes one truth pack a task into `folder` (default `<results>/truth`). */
export declare function exportTruth(
  plan: Plan,
  options?: { readonly folder?: string },
): Promise<readonly { readonly task: string; readonly file: string; readonly bytes: number }[]>;
/** Puts the retrainings of a pack that fit the plan into the store. */
export declare function importTruth(
  plan: Plan,
  file: string,
): Promise<{ readonly task: string; readonly added: number; readonly present: number }>;

export interface RunStatus {
  readonly run: string;
  readonly grid: string;
  readonly startedAt: number;
  readonly state: 'running' | 'finished' | 'interrupted';
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  readonly running: readonly string[];
  readonly rssBytes?: number;
  readonly etaSeconds?: number;
  readonly lastEventAt: number;
  readonly outcome?: RunOutcome;
}
/** State of the newest runs, newest first, from their event files; works while they run elsewhere. */
export declare function readStatus(
  resultsFolder: string,
  options?: { readonly limit?: number },
): Promise<readonly RunStatus[]>;

/** Artifacts that none of the given plans needs. `remove: false` only lists them. */
export declare function collectGarbage(
  plans: readonly Plan[],
  options: { readonly resultsFolder: string; readonly remove: boolean },
): Promise<{ readonly files: readonly string[]; readonly bytes: number; readonly kept: number }>;
