import { Cancelled, type CancelSignal } from '@attribution-bench/contract';

/** A flag that one thread raises and another polls. */
export type CancelFlag = Int32Array<SharedArrayBuffer>;

export function newCancelFlag(): CancelFlag {
  return new Int32Array(new SharedArrayBuffer(4));
}

export function raise(flag: CancelFlag): void {
  Atomics.store(flag, 0, 1);
}

/** What the polling side sees of a flag. */
export function signalOf(flag: CancelFlag): CancelSignal {
  return {
    get aborted() {
      return Atomics.load(flag, 0) !== 0;
    },
    throwIfAborted() {
      if (this.aborted) throw new Cancelled();
    },
  };
}
