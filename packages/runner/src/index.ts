export { boardInput, gridSource } from './board-input.js';
export { collectGarbage } from './collect-garbage.js';
export { type Estimate, estimate } from './estimate/estimate.js';
export { boardExamples, type ExampleRow } from './examples/board-examples.js';
export { type GeneratedSheet, generatedSheets } from './examples/generated-sheets.js';
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
export { graceMs } from './isolation/limits.js';
export { userCodeOf } from './isolation/user-code.js';
export { importMethod } from './methods/import-method.js';
export { installedMethods, loadMethod } from './methods/load-method.js';
export type * from './model/grid.js';
export type * from './model/plan.js';
export type { PlannedStep, StepStatus } from './model/step.js';
export { planGrid } from './plan/plan-grid.js';
export type * from './run/events.js';
export { type RunOptions, runPlan } from './run/run-plan.js';
export { type RunStatus, readStatus } from './status.js';
export { type ExportedPack, exportTruth } from './truth/export-truth.js';
export { type ImportedPack, importTruth } from './truth/import-truth.js';
export { type TruthVerification, type VerifiedRow, type VerifyOptions, verifyTruth } from './truth/verify-truth.js';
