/** One measured number and what it was measured under. */
export interface Figure {
  readonly what: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly value: number;
  readonly unit: string;
}

/** What a section measured, in a process of its own so that its peak memory is its own too. */
export interface SectionResult {
  readonly section: string;
  readonly seconds: number;
  readonly peakRssBytes: number;
  readonly figures: readonly Figure[];
}

const enoughMs = 700;

/** Seconds of one call: the fastest of as many as fit in a moment, at least two, after one to warm up. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  await work();
  let fastest = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let calls = 0; calls < 2 || spent < enoughMs; calls++) {
    const start = performance.now();
    await work();
    const took = performance.now() - start;
    fastest = Math.min(fastest, took);
    spent += took;
  }
  return fastest / 1000;
}
