/**
 * Version of what authors write against, stamped by `defineMethod` and its like and checked where their modules are loaded. It
 * is raised when a module that was written for the version before no longer works as it is.
 */
export const contractVersion = 1;

/** What every definition carries. */
export interface OfContract {
  readonly contract: number;
}
