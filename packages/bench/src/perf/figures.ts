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

/**
 * Seconds of processor time of one call: the fastest of as many as fit in a moment, after one to warm up; that one, when
 * it is long.
 */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const first = await millisecondsOf(work);
  if (first > 2 * enoughMs) return first / 1000;
  let fastest = Number.POSITIVE_INFINITY;
  for (let spent = 0; spent < enoughMs; ) {
    const took = await millisecondsOf(work);
    fastest = Math.min(fastest, took);
    spent += took;
  }
  return fastest / 1000;
}

/** Milliseconds of processor time of a single call: what it takes on its own, however busy the machine is. */
export async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
