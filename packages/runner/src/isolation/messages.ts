import type { MeasuredTask, ParamSpecs, Params, PlainError, TaskInfo } from '@attribution-bench/contract';
import type { AuthoredKind, TaskSpec } from '@attribution-bench/tasks';
import type { Work, WorkMessage } from '../model/work.js';
import type { ExportJob } from '../steps/write-export.js';

/** A module of a user's, for people: `method "x"`; and where it is. */
export interface UserModule {
  readonly kind: AuthoredKind;
  /** As the grid file names it. */
  readonly use: string;
  /** Its file. */
  readonly file: string;
}

/** What a process with user code can be asked. Answers are plain data; `load` says what the module declares. */
export type Question =
  /** Nothing but whether it listens. */
  | { readonly ask: 'start' }
  | { readonly ask: 'load'; readonly module: UserModule }
  | { readonly ask: 'uses'; readonly module: UserModule; readonly params: Params<ParamSpecs> }
  | {
      readonly ask: 'supports' | 'adapted';
      readonly module: UserModule;
      readonly params: Params<ParamSpecs>;
      readonly task: TaskInfo;
    }
  | {
      readonly ask: 'question';
      readonly module: UserModule;
      readonly params: Params<ParamSpecs>;
      readonly of: MeasuredTask;
    }
  /** What identifies the files that a user's dataset reads. */
  | { readonly ask: 'fingerprint'; readonly spec: TaskSpec }
  | { readonly ask: 'export'; readonly job: ExportJob; readonly storeLocation: string }
  /** Loads what steps need; answers with the process's resident memory. */
  | { readonly ask: 'prepare' }
  | { readonly ask: 'step'; readonly work: Work };

/** A question on its way to the process; they are numbered from 1. */
export interface Asked {
  readonly number: number;
  readonly question: Question;
}

/** What comes back from the process. */
export type Told = { readonly number: number } & (
  | { readonly type: 'answer'; readonly answer: unknown }
  | { readonly type: 'failure'; readonly error: PlainError }
  | { readonly type: 'message'; readonly message: WorkMessage }
);
