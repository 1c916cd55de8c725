import type { Figure } from './figures.js';

/** What `bench perf` can measure, in the order it does; loaded when measured. */
export const sections: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  training: async () => (await import('./training.js')).measureTraining(),
  threads: async () => (await import('./threads.js')).measureThreads(),
  retraining: async () => (await import('./retraining.js')).measureRetraining(),
  replay: async () => (await import('./replay.js')).measureReplay(),
  gradients: async () => (await import('./gradients.js')).measureGradients(),
  algebra: async () => (await import('./algebra.js')).measureAlgebra(),
  attribution: async () => (await import('./attribution.js')).measureAttribution(),
  scaling: async () => (await import('./scaling.js')).measureScaling(),
  running: async () => (await import('./running.js')).measureRunning(),
};
