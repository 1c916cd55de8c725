import { readFileSync } from 'node:fs';
import { helperSeconds } from '@attribution-bench/tfjs-onnx';

/**
 * Processor seconds of the calling thread so far, and of the threads that helped it, as if they had been busy all the time.
 * Where the system does not tell (it does on Linux) it is the time that went by. For differences only.
 */
export function threadSeconds(): number {
  return ownSeconds() + helperSeconds();
}

function ownSeconds(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e9;
  } catch {
    return performance.now() / 1000;
  }
}
