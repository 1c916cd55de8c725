import type { PlainError } from '@attribution-bench/contract';
import type { ArtifactCost } from '@attribution-bench/store';
import type { PlannedStep } from '../model/step.js';
import type { RunParts } from './run-parts.js';
import type { Verdict } from './verdict.js';

/** What became of a step that was this process's to do. */
export type Attempt =
  /** Its result was stored already. @see Ledger.elsewhere */
  | { readonly type: 'found'; readonly value: number | undefined }
  /** It was not begun, since the run stops. */
  | { readonly type: 'left' }
  | (Verdict & {
      readonly cost: ArtifactCost;
      /** Why its cost could not be noted beside the result. */
      readonly unwritten?: PlainError | undefined;
    });

/** Enters what became of a step, and does what follows from that. */
export function settle(run: RunParts, step: PlannedStep, attempt: Attempt): void {
  const { ledger, states, ready, stop } = run;
  switch (attempt.type) {
    case 'found':
      ledger.elsewhere(step, attempt.value);
      break;
    case 'left':
      states.wait(step.id);
      break;
    case 'done':
      ledger.done(step, attempt.result, attempt.cost);
      if (attempt.unwritten !== undefined) stop.storeFailed(attempt.unwritten);
      break;
    case 'failed':
      failStep(run, step, attempt.error, attempt.cost);
      break;
    case 'stopped':
      if (attempt.alone) ready.keepAlone(step.id);
      ledger.stopped(step, attempt.cost);
      states.retry(step.id);
      break;
    case 'unwritable':
      ledger.stopped(step, attempt.cost, attempt.error);
      states.retry(step.id);
      stop.storeFailed(attempt.error);
      break;
    case 'inputs-lost':
      ledger.stopped(step, attempt.cost, attempt.error);
      makeAgain(run, step, attempt);
      break;
  }
}

/** @param cost absent where the step did not run here */
export function failStep(
  { ledger, stop, failFast }: RunParts,
  step: PlannedStep,
  error: PlainError,
  cost?: ArtifactCost,
): void {
  ledger.failed(step, error, cost);
  if (failFast) stop.stop('fail-fast');
}

function makeAgain(
  { states, emit }: RunParts,
  { id }: PlannedStep,
  { error, lost }: Extract<Verdict, { type: 'inputs-lost' }>,
): void {
  const message = `${error.place ?? ''} ${error.message}`.trim();
  emit({ type: 'log', step: id, level: 'warning', message });
  for (const step of lost) states.lose(step);
  states.retry(id);
}
