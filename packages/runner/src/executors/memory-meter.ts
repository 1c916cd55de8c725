/** Peak memory of the process over a stretch of time, sampled. Worker threads share it: steps side by side share the blame. */
export interface MemoryMeter {
  readonly rssBytes: number;
  /** With the processes that it started. */
  readonly totalBytes: number;
  readonly peakTotalBytes: number;
  /** Starts a stretch; the function that comes back gives its peak so far. */
  start(): () => number;
  stop(): void;
}

const sampleMs = 100;

/** @param others resident memory of the processes that it started */
export function memoryMeter(onSample: () => void = () => undefined, others: () => number = () => 0): MemoryMeter {
  let rssBytes = process.memoryUsage.rss();
  let totalBytes = rssBytes;
  let peakTotalBytes = rssBytes;
  const stretches = new Set<{ peak: number }>();
  const sample = (): void => {
    rssBytes = process.memoryUsage.rss();
    totalBytes = rssBytes + others();
    peakTotalBytes = Math.max(peakTotalBytes, totalBytes);
    for (const stretch of stretches) stretch.peak = Math.max(stretch.peak, rssBytes);
    onSample();
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
      const stretch = { peak: process.memoryUsage.rss() };
      stretches.add(stretch);
      return () => {
        stretches.delete(stretch);
        return Math.max(stretch.peak, process.memoryUsage.rss());
      };
    },
    stop: () => clearInterval(timer),
  };
}
