import { readFileSync } from 'node:fs';

/**
 * Processor seconds of the calling thread so far. Where the system does not tell (it does on Linux) it is the time that
 * went by. For differences only.
 */
export function threadSeconds(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e9;
  } catch {
    return performance.now() / 1000;
  }
}
