export type { DataEnvironment, TaskData } from './data/task-data.js';
export type { Choice, QuerySpec, TaskSpec } from './spec.js';
export type {
  ContextRequest,
  LoadedCheckpoint,
  Snapshot,
  Task,
  TrainedRun,
  TrainRequest,
} from './task.js';
export type { Recipe } from './training/recipe.js';
