import { type ModelMethodContext, type PointSet, type Projection, projectionKinds } from '@attribution-bench/contract';
import { type Figure, millisecondsOf, secondsOf } from './figures.js';
import { contextOf, drawnContext, measuredTasks, openDrawn, openMeasured } from './tasks.js';

const dims = [512, 2048];
const seed = [1, 2, 3, 4] as const;
/** As many images as a dense projection takes at once, so that the making of its matrix is counted as in longer runs. */
const images = 256;

/** Per-sample gradients per second on one core, by model, kind of projection and projected length. */
export async function measureGradients(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [model, raw] of Object.entries(measuredTasks)) {
    const task = await openMeasured(raw);
    const context = await contextOf(task);
    for (const kind of projectionKinds) {
      for (const dim of kind === 'none' ? [task.info.parameters] : dims) {
        const seconds = await secondsOf(() => drain(context, { kind, dim, seed }));
        figures.push(gradientsFigure({ model, projection: kind, dim }, task.info.train / seconds));
      }
    }
    await task.release();
  }
  return [...figures, ...(await measureResnet())];
}

/** The network of the TRAK paper, of 2.3 million parameters, on drawn images; its own gradients are too large to let go by. */
async function measureResnet(): Promise<Figure[]> {
  const task = await openDrawn({ use: 'resnet9' }, [32, 32, 3], images);
  const context = drawnContext(task);
  const figures: Figure[] = [];
  for (const kind of projectionKinds) {
    if (kind === 'none') continue;
    const projection = { kind, dim: 2048, seed };
    await drain(context, projection, 'queries'); // compiles
    const seconds = (await millisecondsOf(() => drain(context, projection))) / 1000;
    figures.push(gradientsFigure({ model: 'resnet9 32×32', projection: kind, dim: 2048 }, images / seconds));
  }
  await task.release();
  return figures;
}

function gradientsFigure(settings: Figure['settings'], value: number): Figure {
  return { what: 'gradients', settings, value, unit: 'gradients/s' };
}

/** Asks for the gradients of all points of a set and lets them go by; returns how many numbers came. */
export async function drain(
  context: ModelMethodContext,
  projection: Projection,
  of: PointSet = 'train',
): Promise<number> {
  const [checkpoint] = context.checkpoints;
  let numbers = 0;
  for await (const block of context.gradients({ of, checkpoint, output: 'loss', projection })) {
    numbers += block.rows * block.cols;
  }
  return numbers;
}
