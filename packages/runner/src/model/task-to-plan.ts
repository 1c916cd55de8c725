import type { TaskInfo } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import type { GridTask } from './grid.js';
import type { TaskSource } from './job.js';

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
  /** Ids of the steps that everything else rests on: those that make its points. */
  readonly dataSteps: readonly string[];
}
