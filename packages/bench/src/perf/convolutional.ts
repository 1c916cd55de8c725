import { deriveSeed } from '@attribution-bench/contract';
import { type Figure, secondsOf } from './figures.js';
import { multiplicationsOf, neverCancelled, openDrawn } from './tasks.js';

const batch = 64;
const cnn = { use: 'cnn', channels: [16, 32], batch, epochs: 1, lr: 0.01, weightDecay: 0.001 } as const;
const resnet9 = { use: 'resnet9', batch, epochs: 1, lr: 0.01 } as const;
const cases = [
  { name: 'cnn 16-32, average pooling', model: { ...cnn, pooling: 'average' }, inputShape: [28, 28, 1], steps: 16 },
  { name: 'cnn 16-32, max pooling', model: { ...cnn, pooling: 'max' }, inputShape: [28, 28, 1], steps: 16 },
  { name: 'resnet9, no normalisation', model: { ...resnet9, norm: 'none' }, inputShape: [32, 32, 3], steps: 1 },
  { name: 'resnet9, group normalisation', model: { ...resnet9, norm: 'group' }, inputShape: [32, 32, 3], steps: 1 },
] as const;
const giga = 1e9;

/**
 * Training of convolutional classifiers on one core, on drawn images: samples and operations per second, counted as six for
 * each multiplication of a sample's forward pass by the definition of convolution, whatever the algorithm saves.
 */
export async function measureConvolutional(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { name, model, inputShape, steps } of cases) {
    const task = await openDrawn(model, inputShape, steps * batch);
    const runs = [{ seed: deriveSeed(1, 'perf', 'checkpoint', 0) }];
    const train = () => task.train({ runs, cancel: neverCancelled });
    await train(); // compiles the graph
    const samples = (steps * batch) / (await secondsOf(train));
    await task.release();
    const settings = { model: name, size: inputShape.join('×'), batch };
    const operations = 6 * multiplicationsOf(model, inputShape);
    figures.push(
      { what: 'training', settings, value: samples, unit: 'samples/s' },
      { what: 'training', settings, value: (samples * operations) / giga, unit: 'GFLOP/s' },
    );
  }
  return figures;
}
