import { exitCode } from './exit-codes.js';

/** Signals closer together than this come from one key press: npx and Nx pass on what the terminal has sent already. */
const samePressMs = 1000;
/** What `abandon` begins, such as giving claims back to a bucket, gets so long. */
const givingBackMs = 200;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Handlers {
  stop(): void;
  abandon(): void;
}

/** Who is told of a signal: the last one. */
const listening: { readonly handlers: Handlers; firstAt?: number }[] = [];

/**
 * Ends the process with a word and the exit code of what was stopped on the first Ctrl-C (or SIGTERM, SIGHUP) that nobody
 * else handles, as while planning or writing a board. That is safe: every artifact is written whole or not at all.
 */
export function endOnInterrupt(): void {
  onInterrupt({
    stop() {
      console.error('stopped: what is finished is kept, the same command continues');
      process.exit(exitCode.incomplete);
    },
    abandon() {},
  });
  for (const signal of signals) process.on(signal, press);
}

/**
 * On the first Ctrl-C (or SIGTERM, SIGHUP) calls `stop`; on a second one calls `abandon` and kills the process. Killing
 * is safe, every artifact is written whole or not at all, and it is the only way out at once: a worker in the middle of
 * a native call cannot be stopped. Returns a function that takes the handlers away again.
 */
export function onInterrupt(handlers: Handlers): () => void {
  const own = { handlers };
  listening.push(own);
  return () => {
    listening.splice(listening.indexOf(own), 1);
  };
}

function press(): void {
  const last = listening.at(-1);
  if (last === undefined) return;
  const now = performance.now();
  if (last.firstAt === undefined) {
    last.firstAt = now;
    last.handlers.stop();
  } else if (now - last.firstAt > samePressMs) {
    last.handlers.abandon();
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), givingBackMs);
  }
}
