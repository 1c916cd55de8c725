/** The bytes of an artifact that is not stored yet, and its key. */
export interface GatheredRow {
  readonly key: string;
  readonly artifact: Uint8Array;
}

/** Larger results are as well kept by themselves. */
export const maxRowBytes = 1 << 16;
