/** The longest wait that Node's timers keep to, some 24.8 days: longer ones fire at once. */
const longestMs = 2 ** 31 - 1;

/** Calls `act` once after `ms`, however long that is; the function that comes back calls it off. */
export function after(ms: number, act: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    const step = Math.min(leftMs, longestMs);
    timer = setTimeout(() => (leftMs > step ? wait(leftMs - step) : act()), step);
  };
  wait(Math.max(0, ms));
  return () => clearTimeout(timer);
}
