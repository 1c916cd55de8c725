import type { PlainError } from '@attribution-bench/contract';
import type { RunOutcome } from '../journal/events.js';
import { after } from './long-timer.js';

export type StopReason = NonNullable<RunOutcome['incomplete']>;

/** Whether a run is to stop before everything was tried. */
export interface StopSwitch {
  /** Why it is; undefined while it goes on. The first reason stays. */
  readonly reason: StopReason | undefined;
  /** Why results cannot be written, where that is what stopped it. */
  readonly storeError: PlainError | undefined;
  stop(reason: StopReason): void;
  /** Stops since results cannot be written. */
  storeFailed(error: PlainError): void;
  /** Takes no more notice of the user's signal and of the time. */
  close(): void;
}

export interface StopOptions {
  /** Raised when the user wants the run to stop. */
  readonly cancel?: AbortSignal;
  readonly maxTimeMs?: number;
}

/** @param onStop called once, at the first reason; not during this call */
export function openStopSwitch({ cancel, maxTimeMs }: StopOptions, onStop: () => void): StopSwitch {
  let reason: StopReason | undefined;
  let storeError: PlainError | undefined;
  const stop = (why: StopReason): void => {
    if (reason !== undefined) return;
    reason = why;
    onStop();
  };
  const onCancel = (): void => stop('cancelled');
  const forgetTime = maxTimeMs === undefined ? undefined : after(maxTimeMs, () => stop('max-time'));
  cancel?.addEventListener('abort', onCancel);
  if (cancel?.aborted === true) reason = 'cancelled';
  return {
    get reason() {
      return reason;
    },
    get storeError() {
      return storeError;
    },
    stop,
    storeFailed(error) {
      storeError ??= error;
      stop('store');
    },
    close() {
      forgetTime?.();
      cancel?.removeEventListener('abort', onCancel);
    },
  };
}
