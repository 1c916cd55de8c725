export { boardInput } from './board-input.js';
export type * from './grid/grid.js';
export { GridErrors } from './grid/grid-errors.js';
export { loadGrid } from './grid/load-grid.js';
export type * from './plan/plan.js';
export { planGrid } from './plan/plan-grid.js';
export type * from './run/events.js';
export { type RunOptions, runPlan } from './run/run-plan.js';
