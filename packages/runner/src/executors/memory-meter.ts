/** Resident memory of this process, sampled. Worker threads share it, so it says little about one step among several. */
export interface MemoryMeter {
  readonly rssBytes: number;
  /** Together with the memory of other processes. */
  readonly totalBytes: number;
  readonly peakTotalBytes: number;
  /** Starts a stretch of time; the function that comes back ends it and returns its peak, without other processes. */
  start(): () => number;
  stop(): void;
}

export interface MemoryOptions {
  /** Resident memory of other processes that counts too. */
  others?(): number;
  onSample?(rssBytes: number): void;
}

const sampleMs = 100;
/** Steps may begin and end a thousand times a second, and a look takes some time of the system. */
const lookMs = 10;

export function memoryMeter({ others = () => 0, onSample }: MemoryOptions = {}): MemoryMeter {
  const look = recentRss();
  let rssBytes = look();
  let totalBytes = rssBytes;
  let peakTotalBytes = rssBytes;
  const stretches = new Set<{ peak: number }>();
  const sample = (): void => {
    rssBytes = look();
    totalBytes = rssBytes + others();
    peakTotalBytes = Math.max(peakTotalBytes, totalBytes);
    for (const stretch of stretches) stretch.peak = Math.max(stretch.peak, rssBytes);
    onSample?.(rssBytes);
  };
  const timer = setInterval(sample, sampleMs);
  timer.unref();
  return {
    get rssBytes() {
      return rssBytes;
    },
    get totalBytes() {
      return totalBytes;
    },
    get peakTotalBytes() {
      return peakTotalBytes;
    },
    start() {
      const stretch = { peak: look() };
      stretches.add(stretch);
      return () => {
        stretches.delete(stretch);
        return Math.max(stretch.peak, look());
      };
    },
    stop: () => clearInterval(timer),
  };
}

/** Resident memory of this process, as it was a moment ago. */
function recentRss(): () => number {
  let bytes = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - lookedAt >= lookMs) {
      bytes = process.memoryUsage.rss();
      lookedAt = now;
    }
    return bytes;
  };
}
