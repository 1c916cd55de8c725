/** Steps that other processes are at: offered again from time to time while there is nothing better to do. */
export interface AwaitedSteps {
  readonly size: number;
  add(step: string): void;
  /** To be called when a step has ended, here or elsewhere: others may have too, so the next look is soon. */
  lookSoon(): void;
  /** Resolves with the next look, or when all are given up. */
  nextLook(): Promise<void>;
  /** Gives them all up. */
  close(): void;
}

const soonMs = 100;
/** Looks get rarer while nothing happens, down to one in so many milliseconds. */
const rarelyMs = 4000;
/**
 * How many steps are looked at, in turn. Each look at one opens two files, so that a process that waits opens three a second,
 * however many steps it waits for: hundreds of processes would keep a shared file system busy otherwise. After a while without
 * looks there may be many at once, and each step that was found ended is worth as many looks as go to one in so many.
 */
const looksPerSecond = 1.5;
const looksSaved = 64;
const looksPerEnded = 8;

/**
 * @param isIdle whether there is time to look
 * @param offer takes a step back, which may be added again
 */
export function awaitSteps(isIdle: () => boolean, offer: (step: string) => void): AwaitedSteps {
  const steps = new Set<string>();
  const waiting = new Set<() => void>();
  let everyMs = soonMs;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let looks = looksSaved;
  let countedAt = performance.now();
  const earn = (more: number): void => {
    looks = Math.min(looksSaved, looks + more);
  };
  const taken = (): string[] => {
    const now = performance.now();
    earn((looksPerSecond * (now - countedAt)) / 1000);
    countedAt = now;
    const some = [...steps].slice(0, Math.floor(looks));
    looks -= some.length;
    return some;
  };
  const schedule = (): void => {
    if (closed || steps.size === 0 || timer !== undefined) return;
    timer = setTimeout(look, everyMs);
  };
  const look = (): void => {
    timer = undefined;
    everyMs = Math.min(2 * everyMs, rarelyMs);
    const again = isIdle() ? taken() : [];
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
      earn(looksPerEnded);
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
