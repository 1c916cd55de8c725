export { type Estimate, type EstimateOptions, estimate } from './estimate/estimate.js';
export type { Executor, ExecutorContext, OpenExecutor } from './executors/executor.js';
export { type ExportOptions, exportTask } from './exporting/export-task.js';
export { type ExportPlan, type ExportRequest, planExport } from './exporting/plan-export.js';
export { GridErrors } from './grid/grid-errors.js';
export {
  entryFor,
  firstLook,
  type GrowthRecord,
  grownGrid,
  growthFile,
  readGrowth,
  writeGrowth,
} from './grid/growth-record.js';
export { gridJsonSchema } from './grid/json-schema.js';
export { loadGrid } from './grid/load-grid.js';
export { onlyTask } from './grid/only-task.js';
export { graceMs } from './isolation/limits.js';
export { userCodeOf } from './isolation/user-code.js';
export type * from './journal/events.js';
export { installedMethods, loadMethod } from './methods/load-method.js';
export type * from './model/grid.js';
export type * from './model/plan.js';
export type { PlannedStep, StepDraft, StepStatus } from './model/step.js';
export type { Execution, StepProcess, StepReport, WorkMessage, WorkResult } from './model/work.js';
export { planGrid } from './plan/plan-grid.js';
export { mostSettings } from './prepare/draw-settings.js';
export { type PreparedGrid, prepareGrid } from './prepare/prepare-grid.js';
export { boardInput, gridSource } from './report/board-input.js';
export { collectGarbage } from './report/collect-garbage.js';
export { collectProgramFiles, type ProgramFile } from './report/collect-program-files.js';

export { boardExamples, type ExampleRow } from './report/examples/board-examples.js';
export { type GeneratedSheet, generatedSheets } from './report/examples/generated-sheets.js';
export { pngUrl } from './report/examples/png.js';
export { pointInfluence } from './report/point-influence.js';
export type { RunOptions } from './schedule/run-options.js';
export { runPlan } from './schedule/run-plan.js';
export { registerStep } from './steps/registry.js';
export type { StepContext } from './steps/step-context.js';
export { type DefinedStep, defineStep, type StepDefinition } from './steps/step-definition.js';
export { type ExportedForeign, exportForeign } from './truth/export-foreign.js';
export { type ExportedPack, exportTruth } from './truth/export-truth.js';
export { type ImportedForeign, importForeign } from './truth/import-foreign.js';
export { type ImportedPack, importTruth } from './truth/import-truth.js';
export { type TruthVerification, type VerifiedRow, type VerifyOptions, verifyTruth } from './truth/verify-truth.js';
