import { BenchError } from '@attribution-bench/contract';

/**
 * Makes sure that training again gave the model it gave before, bit by bit.
 * @throws BenchError REPLAY_MISMATCH
 */
export function checkReplayed(replayed: Float32Array | undefined, trained: Float32Array): void {
  if (replayed?.every((value, i) => Object.is(value, trained[i]))) return;
  throw new BenchError({
    code: 'REPLAY_MISMATCH',
    message: 'training again did not end in the same model',
    next: 'train the checkpoint again: it was made by another version, engine or machine',
  });
}
