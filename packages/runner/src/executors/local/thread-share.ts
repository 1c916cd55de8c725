/** How many threads each step of a process may compute on: set by the main thread, read by the others at any time. */
export type ThreadShare = Int32Array<SharedArrayBuffer>;

/** One thread for each. */
export function newThreadShare(): ThreadShare {
  return new Int32Array(new SharedArrayBuffer(4)).fill(1);
}

export function setShare(share: ThreadShare, threads: number): void {
  Atomics.store(share, 0, threads);
}

export function readShare(share: ThreadShare): number {
  return Atomics.load(share, 0);
}
