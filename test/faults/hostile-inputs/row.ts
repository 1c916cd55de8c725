/**
 * One hostile input and what it is answered with. Rows are in the files beside this one, by what is hostile; adding one to
 * a list is all it takes. Each runs in a folder that holds the stored results of a sound grid, whose board must stay as it
 * was.
 */
export interface HostileInput {
  readonly what: string;
  /** Text of the grid file; by default `smallGrid`. Change that with `replace`, so that a row shows only what is wrong. */
  readonly grid?: string | Uint8Array;
  /** Puts further files into the folder of the grid file (`hostile.yaml`), which names them by relative paths. */
  prepare?(folder: string): void;
  /** Verb (`truth export` is one) and flags, besides those that name grid file and results folder; by default `grid`. */
  readonly command?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What standard error has to be. It never holds a stack. */
  readonly says: RegExp;
  /** Exit code; by default 2. */
  readonly code?: number;
}
