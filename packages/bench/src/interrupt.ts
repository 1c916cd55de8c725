/** Signals closer together than this come from one key press: npx and Nx pass on what the terminal has sent already. */
const SAME_PRESS_MS = 1000;

/**
 * On the first Ctrl-C (or SIGTERM, SIGHUP) calls `stop`; on a second one calls `abandon` and kills the process. Killing
 * is safe, every artifact is written whole or not at all, and it is the only way out at once: a worker in the middle of
 * a native call cannot be stopped. Returns a function that takes the handlers away again.
 */
export function onInterrupt({ stop, abandon }: { stop(): void; abandon(): void }): () => void {
  let firstAt: number | undefined;
  const press = (): void => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      stop();
    } else if (now - firstAt > SAME_PRESS_MS) {
      abandon();
      process.kill(process.pid, 'SIGKILL');
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, press);
  return () => {
    for (const signal of signals) process.off(signal, press);
  };
}
