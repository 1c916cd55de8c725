import { openSync, readSync } from 'node:fs';
import { helperSeconds } from '@attribution-bench/tfjs-onnx';

let file: number | undefined;
const text = Buffer.alloc(64);

/**
 * Processor seconds of the calling thread so far, and of the threads that helped it, as if they had been busy all the time.
 * Where the system does not tell (it does on Linux) it is the time that went by. For differences only.
 */
export function threadSeconds(): number {
  return ownSeconds() + helperSeconds();
}

function ownSeconds(): number {
  try {
    // Stays open as long as the thread lives, since every step asks twice: Node.js closes what a thread leaves open.
    file ??= openSync('/proc/thread-self/schedstat', 'r');
    const length = readSync(file, text, 0, text.length, 0);
    return Number(text.toString('latin1', 0, length).split(' ')[0]) / 1e9;
  } catch {
    return performance.now() / 1000;
  }
}
