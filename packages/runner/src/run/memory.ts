/** Peak memory of the process over a stretch of time, sampled. Worker threads share it: steps side by side share the blame. */
export interface MemoryMeter {
  readonly rssBytes: number;
  readonly peakBytes: number;
  /** Starts a stretch; the function that comes back gives its peak so far. */
  start(): () => number;
  stop(): void;
}

const sampleMs = 100;

export function memoryMeter(onSample: () => void = () => undefined): MemoryMeter {
  let rssBytes = process.memoryUsage.rss();
  let peakBytes = rssBytes;
  const stretches = new Set<{ peak: number }>();
  const sample = (): void => {
    rssBytes = process.memoryUsage.rss();
    peakBytes = Math.max(peakBytes, rssBytes);
    for (const stretch of stretches) stretch.peak = Math.max(stretch.peak, rssBytes);
    onSample();
  };
  const timer = setInterval(sample, sampleMs);
  timer.unref();
  return {
    get rssBytes() {
      return rssBytes;
    },
    get peakBytes() {
      return peakBytes;
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
