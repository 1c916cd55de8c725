import { type TaskInfo, toPlainError } from '@attribution-bench/contract';
import type { GridMethod, LoadedMethod } from '../model/grid.js';
import { failureLine } from '../steps/registry.js';

/** What a method with its parameters says of a task: which models it uses there, why it is not run, or why it cannot answer. */
export type MethodAnswer =
  | {
      readonly uses: Awaited<ReturnType<LoadedMethod['uses']>>;
      /** What differs from the method's paper, where something does. */
      readonly adaptation?: string;
    }
  | { readonly skipped: string }
  | { readonly broken: string };

/**
 * Asks a method, which may be a user's, for everything that planning its cells of a task needs.
 * @param isRead whether anything reads its scores of the task
 */
export async function askMethod(
  { loaded, params }: GridMethod,
  info: TaskInfo,
  isRead: boolean,
): Promise<MethodAnswer> {
  try {
    const supported = await loaded.supports(info, params);
    if (supported !== true) return { skipped: supported };
    if (!isRead) return { skipped: 'no metric of the grid is for this task' };
    const uses = await loaded.uses(params);
    const adaptation = await loaded.adapted(info, params);
    return { uses, ...(adaptation !== undefined && { adaptation }) };
  } catch (error) {
    return { broken: failureLine(toPlainError(error)) };
  }
}
