import type { TaskInfo } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import type { Code } from '@attribution-bench/tasks';
import type { ModelTask } from './grid.js';
import type { CellSource, TaskSource } from './job.js';

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

/** A task of which everything is known that planning its cells needs. */
export interface TaskOfCells {
  readonly info: TaskInfo;
  readonly key: string;
  readonly source: CellSource;
  /** Parts of the keys of all results of its cells. */
  readonly parts: ArtifactOutput['made'];
  /** Absent where there is no model to train and explain. */
  readonly code?: TaskCode;
  /** Ids of the steps that everything else rests on: those that make its points, or keep its truth where there are none. */
  readonly dataSteps: readonly string[];
}

/** The same of a task that is trained here. */
export interface TaskToPlan extends TaskOfCells {
  readonly task: ModelTask;
  /** Models that it trains at once. */
  readonly stack: number;
  readonly source: TaskSource;
  readonly code: TaskCode;
}
