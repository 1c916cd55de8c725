import { deriveSeed } from '@attribution-bench/contract';
import { measureConvolutional } from './convolutional.js';
import { type Figure, secondsOf } from './figures.js';
import { measuredTasks, neverCancelled, openMeasured } from './tasks.js';
import { measureUnets } from './unet.js';

/** Samples a second through one core while as many models are trained as one graph holds. */
export async function measureTraining(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [model, raw] of Object.entries(measuredTasks)) {
    const task = await openMeasured(raw);
    const { train, epochs, batch } = task.info;
    const runs = Array.from({ length: task.stack }, (_, run) => ({ seed: deriveSeed(1, 'perf', 'checkpoint', run) }));
    const seconds = await secondsOf(() => task.train({ runs, cancel: neverCancelled }));
    const settings = { model, batch, models: task.stack };
    figures.push(
      { what: 'training', settings, value: (task.stack * train * epochs) / seconds, unit: 'samples/s' },
      { what: 'one model', settings: { ...settings, epochs, train }, value: (1000 * seconds) / task.stack, unit: 'ms' },
    );
    await task.release();
  }
  return [...figures, ...(await measureConvolutional()), ...(await measureUnets())];
}
