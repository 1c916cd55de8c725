import type { FullMethodContext, Projection } from '@attribution-bench/contract';
import { type Figure, secondsOf } from './figures.js';
import { contextOf, measuredTasks, openMeasured } from './tasks.js';

const kinds = ['none', 'rademacher', 'gaussian', 'sjlt'] as const;
const dims = [512, 2048];

/** Per-sample gradients a second on one core, by model, kind of projection and projected length. */
export async function measureGradients(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [model, raw] of Object.entries(measuredTasks)) {
    const task = await openMeasured(raw);
    const context = await contextOf(task);
    for (const kind of kinds) {
      for (const dim of kind === 'none' ? [task.info.parameters] : dims) {
        const seconds = await secondsOf(() => drain(context, { kind, dim, seed: [1, 2, 3, 4] }));
        figures.push({
          what: 'gradients',
          settings: { model, projection: kind, dim },
          value: task.info.train / seconds,
          unit: 'gradients/s',
        });
      }
    }
    await task.release();
  }
  return figures;
}

/** Asks for the gradients of all training points and lets them go by; returns how many numbers came. */
export async function drain(context: FullMethodContext, projection: Projection): Promise<number> {
  const [checkpoint] = context.checkpoints;
  let numbers = 0;
  for await (const block of context.gradients({ of: 'train', checkpoint, output: 'loss', projection })) {
    numbers += block.rows * block.cols;
  }
  return numbers;
}
