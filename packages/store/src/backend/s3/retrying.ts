import { isMainThread } from 'node:worker_threads';
import { failureOf, isPassing } from './s3-errors.js';

export interface Patience {
  /** For how long a request is tried while the server has never answered: its address may be wrong. In ms. */
  readonly firstMs: number;
  /** For how long afterwards, in ms. */
  readonly laterMs: number;
  /** After how long without a byte a request is given up and tried again, in ms. */
  readonly idleMs: number;
  /** How long to wait before the second attempt, about, in ms. */
  readonly waitMs: number;
}

const laterMs = 120_000;
/** A worker thread, and a process that the bench has started, is there because the server has answered before. */
const isFirst = isMainThread && process.send === undefined;

export const standardPatience: Patience = { firstMs: isFirst ? 10_000 : laterMs, laterMs, idleMs: 30_000, waitMs: 100 };

const longestWaitMs = 5_000;

/**
 * Tries something while it fails in ways that pass. Throws the last error, see {@link waitedFor}.
 * @param attempt is told whether one before it failed: what that asked for may have been done
 */
export type Retrying = <T>(attempt: (mayBeDone: boolean) => Promise<T>) => Promise<T>;

/** How long a request was tried that failed at last, or the server by others before it, in ms. */
const waited = new WeakMap<object, number>();

export function waitedFor(error: unknown): number {
  return (typeof error === 'object' && error !== null && waited.get(error)) || 0;
}

/**
 * Waits twice as long from one attempt to the next, give or take a half, so that many processes do not come at once. A server
 * that answers nobody is given up by all requests together, however late they begin.
 */
export function retrying({ firstMs, laterMs, waitMs: shortestMs }: Patience): Retrying {
  let hasAnswered = false;
  /** Since when nothing has succeeded. */
  let awayMs: number | undefined;
  return async (attempt) => {
    const startedMs = performance.now();
    for (let tries = 0; ; tries++) {
      try {
        const answer = await attempt(tries > 0);
        hasAnswered = true;
        awayMs = undefined;
        return answer;
      } catch (error) {
        const failure = failureOf(error);
        hasAnswered ||= failure.status !== undefined;
        const isLost = isPassing(failure);
        awayMs = isLost ? (awayMs ?? startedMs) : undefined;
        const elapsedMs = performance.now() - Math.min(startedMs, awayMs ?? startedMs);
        const waitMs = Math.min(longestWaitMs, shortestMs * 2 ** tries) * (0.5 + Math.random());
        if (!isLost || elapsedMs + waitMs > (hasAnswered ? laterMs : firstMs)) {
          if (typeof error === 'object' && error !== null) waited.set(error, elapsedMs);
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  };
}
