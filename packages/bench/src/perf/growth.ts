import { deriveSeed } from '@attribution-bench/contract';
import { type Figure, millisecondsOf } from './figures.js';
import { drain } from './gradients.js';
import { contextOf, mnistLike, neverCancelled, openMeasured } from './tasks.js';

const sizes = [1000, 4000, 16_000];
const mebi = 2 ** 20;

/** What more training points cost: seconds of training and of projected gradients, and memory once all that was done. */
export async function measureGrowth(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const n of sizes) {
    const task = await openMeasured(mnistLike(n));
    const seed = deriveSeed(1, 'perf', 'checkpoint', 0);
    const context = await contextOf(task);
    const settings = { model: 'mlp 784-128-10', n };
    figures.push(
      {
        what: 'training',
        settings: { ...settings, epochs: task.info.epochs, models: task.stack },
        value: (await millisecondsOf(() => task.train({ runs: [{ seed }], cancel: neverCancelled }))) / 1000,
        unit: 's',
      },
      {
        what: 'gradients',
        settings: { ...settings, projection: 'rademacher', dim: 512 },
        value:
          (await millisecondsOf(() => drain(context, { kind: 'rademacher', dim: 512, seed: [1, 2, 3, 4] }))) / 1000,
        unit: 's',
      },
    );
    await task.release();
    figures.push({ what: 'peak memory', settings, value: (process.resourceUsage().maxRSS * 1024) / mebi, unit: 'MiB' });
  }
  return figures;
}
