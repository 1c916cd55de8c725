import type { Claim } from '@attribution-bench/store';

type Held = Extract<Claim, { status: 'ours' }>;

/**
 * Gives claims of finished steps back when the next one is taken: a claim that follows another one is made faster, see the file
 * system's `smallFiles`. None is kept for longer than a moment, since other processes may wait for its step.
 */
export interface LastClaim {
  /** To be given back soon. */
  keep(claim: Held): void;
  /** Gives back what is kept. */
  release(): Promise<void>;
}

const keptMs = 50;

export function keepLastClaim(): LastClaim {
  let kept: { readonly claim: Held; readonly timer: NodeJS.Timeout } | undefined;
  async function release(): Promise<void> {
    const last = kept;
    kept = undefined;
    clearTimeout(last?.timer);
    await last?.claim.release();
  }
  return {
    keep(claim) {
      void release();
      kept = { claim, timer: setTimeout(() => void release(), keptMs) };
    },
    release,
  };
}
