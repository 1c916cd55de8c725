import type { PlainError } from '@attribution-bench/contract';
import type { Budget } from '../model/grid.js';
import type { WorkResult } from '../model/work.js';
import { isLostInput, isStoreFailure, misread, overMemory, overTime } from './failure-text.js';
import type { EndedStep } from './running-steps.js';

/** What follows from how a step ended. */
export type Verdict =
  | { readonly type: 'done'; readonly result: Extract<WorkResult, { status: 'done' }> }
  | { readonly type: 'failed'; readonly error: PlainError }
  /** It was stopped, through no fault of its own. `alone`: to be tried with no other step beside it. */
  | { readonly type: 'stopped'; readonly alone: boolean }
  /** Results that it reads are gone (`lost`, by step) and are to be made again before it. */
  | { readonly type: 'inputs-lost'; readonly error: PlainError; readonly lost: readonly string[] }
  /** Its result cannot be written, nor can any other one. */
  | { readonly type: 'unwritable'; readonly error: PlainError };

export interface JudgeOptions {
  readonly budget: Budget;
  /** Whether the run stops. */
  isStopping(): boolean;
  /** Whether the step may be tried once more. */
  mayTryAgain(step: string): boolean;
  /** Steps whose results a step reads and that are not soundly stored. */
  lostInputs(step: string): Promise<readonly string[]>;
}

export async function judge({ step, result, over, isolated }: EndedStep, options: JudgeOptions): Promise<Verdict> {
  const { budget, isStopping, mayTryAgain, lostInputs } = options;
  if (result.status === 'done') return { type: 'done', result };
  if (result.status === 'cancelled') {
    if (!isStopping() && over === 'time') return { type: 'failed', error: overTime(budget, result.ended === true) };
    if (!isStopping() && over === 'memory') return { type: 'failed', error: overMemory(budget) };
    return { type: 'stopped', alone: over === 'retry-alone' };
  }
  const { error } = result;
  if (isLostInput(error) && mayTryAgain(step.id)) {
    const lost = await lostInputs(step.id);
    if (lost.length === 0 && isolated) return { type: 'failed', error: misread(error) };
    return { type: 'inputs-lost', error, lost };
  }
  return isStoreFailure(error) ? { type: 'unwritable', error } : { type: 'failed', error };
}
