import type { TaskInfo } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import type { Code } from '@attribution-bench/tasks';
import type { GridTask } from './grid.js';
import type { TaskSource } from './job.js';

/** The code that a task uses, layers that its network does not have left out. */
export interface TaskCode {
  /** What reads its points. */
  readonly data: Code;
  /** What draws its generated queries, where it has any. */
  readonly generation?: Code;
  /** What trains its models and says what their targets are. */
  readonly training: Code;
  /** That code with all that methods ask of the models. */
  readonly explaining: Code;
}

/** A task of which everything is known that planning its steps needs. */
export interface TaskToPlan {
  readonly task: GridTask;
  readonly info: TaskInfo;
  /** Models that it trains at once. */
  readonly stack: number;
  readonly key: string;
  readonly source: TaskSource;
  /** Parts of the keys of all results that come out of its models. */
  readonly parts: ArtifactOutput['made'];
  readonly code: TaskCode;
  /** Ids of the steps that everything else rests on: those that make its points. */
  readonly dataSteps: readonly string[];
}
