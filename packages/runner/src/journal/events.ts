import type { PlainError } from '@attribution-bench/contract';

/** What happens in a run, in order; also one line each of `runs/<id>/events.ndjson`. `at` is milliseconds since 1970. */
export type RunEvent = { readonly at: number } & (
  | {
      readonly type: 'run-started';
      readonly run: string;
      readonly grid: string;
      readonly pid: number;
      readonly host: string;
      /** Model of its processors, on which the last bits of results may depend; absent in older files. */
      readonly processor?: string;
      readonly jobs: number;
      /** Steps to do, and steps found done. */
      readonly steps: number;
      readonly cached: number;
      readonly cells: number;
    }
  | {
      readonly type: 'step-started';
      readonly step: string;
      readonly kind: string;
      readonly label: string;
      readonly task: string;
      readonly method?: string;
    }
  | { readonly type: 'step-progress'; readonly step: string; readonly done: number }
  | {
      readonly type: 'step-finished';
      readonly step: string;
      readonly kind: string;
      readonly label: string;
      readonly task: string;
      readonly method?: string;
      /** `elsewhere`: another process did it. */
      readonly status: 'done' | 'elsewhere' | 'failed' | 'cancelled' | 'blocked';
      readonly seconds: number;
      readonly peakRssBytes: number;
      readonly error?: PlainError;
    }
  | {
      readonly type: 'cell-finished';
      readonly cell: string;
      readonly status: 'ok' | 'failed';
      readonly reason?: string;
      /** Value of each metric on the report split. */
      readonly values?: Readonly<Record<string, number>>;
    }
  | { readonly type: 'log'; readonly step?: string; readonly level: 'info' | 'warning'; readonly message: string }
  | {
      /** About once per second. */
      readonly type: 'heartbeat';
      readonly done: number;
      /** Done by other processes since this run was planned, as far as it came across them. */
      readonly elsewhere: number;
      readonly failed: number;
      readonly total: number;
      readonly running: readonly string[];
      /** Steps that other processes are at, as far as this one came across them. */
      readonly awaited: number;
      readonly rssBytes: number;
      /** Absent until enough has been measured. */
      readonly etaSeconds?: number;
    }
  | { readonly type: 'run-finished'; readonly outcome: RunOutcome }
);

export interface RunOutcome {
  readonly run: string;
  /** Folder with events.ndjson, plan.json and outcome.json. */
  readonly folder: string;
  /** Steps by how they ended; `elsewhere`: done by other processes meanwhile; `remaining` were never begun. */
  readonly counts: {
    readonly cached: number;
    readonly done: number;
    readonly elsewhere: number;
    readonly failed: number;
    readonly blocked: number;
    readonly remaining: number;
  };
  readonly failedCells: readonly { readonly cell: string; readonly reason: string }[];
  /** Why not everything was tried. */
  readonly incomplete?: 'cancelled' | 'max-time' | 'fail-fast' | 'store';
  /** Set when the run stopped because results could not be written. */
  readonly error?: PlainError;
  readonly seconds: number;
  readonly peakRssBytes: number;
}
