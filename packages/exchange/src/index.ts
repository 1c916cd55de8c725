export { truthFile } from './foreign-truth/description.js';
export {
  type AboutForeignTruth,
  type ForeignPoints,
  type ForeignTruth,
  foreignDigest,
  idsOf,
  runsOf,
} from './foreign-truth/foreign-truth.js';
export { readDescription, readForeignTruth } from './foreign-truth/read-foreign-truth.js';
export { writeForeignTruth } from './foreign-truth/write-foreign-truth.js';
export { folderSize } from './program/folder-size.js';
export type { ProgramReport } from './program/run-program.js';
export { type ProgramScoring, scoreByProgram } from './program/score-by-program.js';
export { readAboutScores } from './scores/read-score-file.js';
export { type ReadScores, readScores, type ScoredTask } from './scores/read-scores.js';
export type { AboutScores, DeclaredCost, Orientation, Sign } from './scores/score-file.js';
export { checkExportTarget } from './task-folder/export-target.js';
export type { TaskToWrite, TrainedModel, TruthToWrite } from './task-folder/task-to-write.js';
export { isWholeTaskFolder } from './task-folder/whole-task-folder.js';
export { writeTaskFolder } from './task-folder/write-task-folder.js';
