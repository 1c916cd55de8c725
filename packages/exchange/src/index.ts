export type { ProgramReport } from './program/run-program.js';
export { type ProgramScoring, scoreByProgram } from './program/score-by-program.js';
export { type ReadScores, readScores, type ScoredTask } from './scores/read-scores.js';
export type { AboutScores, DeclaredCost, Orientation, Sign } from './scores/score-file.js';
export { checkExportTarget } from './task-folder/export-target.js';
export type { TaskToWrite, TrainedModel, TruthToWrite } from './task-folder/task-to-write.js';
export { isWholeTaskFolder } from './task-folder/whole-task-folder.js';
export { writeTaskFolder } from './task-folder/write-task-folder.js';
