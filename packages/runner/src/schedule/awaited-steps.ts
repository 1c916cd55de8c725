/** Steps that other processes are at, offered again from time to time while there is nothing better to do. */
export interface PutAside {
  readonly size: number;
  add(step: string): void;
  /** Something came to its end, here or elsewhere: more may have, so the next look is soon. */
  lookSoon(): void;
  /** Resolves with the next look, or when all is given up. */
  nextLook(): Promise<void>;
  /** Forgets them and looks no more. */
  close(): void;
}

const soonMs = 100;
/** Looks get rarer down to this while nothing happens. */
const rarelyMs = 4000;
/** Each look is at so many, in turn: hundreds of them would keep a shared file system busy. */
const stepsALook = 64;

/** `idle` says whether there is time to look; `offer` takes a step back that was put aside. */
export function putAside(idle: () => boolean, offer: (step: string) => void): PutAside {
  const steps = new Set<string>();
  const waiting = new Set<() => void>();
  let everyMs = soonMs;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const schedule = (): void => {
    if (closed || steps.size === 0 || timer !== undefined) return;
    timer = setTimeout(look, everyMs);
  };
  const look = (): void => {
    timer = undefined;
    everyMs = Math.min(2 * everyMs, rarelyMs);
    const again = idle() ? [...steps].slice(0, stepsALook) : [];
    for (const step of again) {
      steps.delete(step);
      offer(step);
    }
    wake();
    schedule();
  };
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  return {
    get size() {
      return steps.size;
    },
    add(step) {
      if (closed) return;
      steps.add(step);
      schedule();
    },
    lookSoon() {
      everyMs = soonMs;
    },
    nextLook: () => (closed || steps.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve))),
    close() {
      closed = true;
      steps.clear();
      clearTimeout(timer);
      wake();
    },
  };
}
