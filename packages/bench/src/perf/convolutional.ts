import { deriveSeed } from '@attribution-bench/contract';
import { type Figure, secondsOf } from './figures.js';
import { multiplicationsOf, neverCancelled, openDrawn } from './tasks.js';

const batch = 64;
const cnn = { use: 'cnn', channels: [16, 32], batch, epochs: 1, lr: 0.01, weightDecay: 0.001 } as const;
const resnet9 = { use: 'resnet9', batch, epochs: 1, lr: 0.01 } as const;
const [mnist, cifar] = [
  [28, 28, 1],
  [32, 32, 3],
];
/** Classifiers that are measured in training, on so many drawn images. */
export const convolutionalTasks = {
  'cnn 16-32, average pooling': { model: { ...cnn, pooling: 'average' }, inputShape: mnist, train: 16 * batch },
  'cnn 16-32, max pooling': { model: { ...cnn, pooling: 'max' }, inputShape: mnist, train: 16 * batch },
  'resnet9, no normalisation': { model: { ...resnet9, norm: 'none' }, inputShape: cifar, train: batch },
  'resnet9, group normalisation': { model: { ...resnet9, norm: 'group' }, inputShape: cifar, train: batch },
} as const;
const giga = 1e9;

/**
 * Training of convolutional classifiers on one core, on drawn images: samples and operations per second, counted as six for
 * each multiplication of a sample's forward pass by the definition of convolution, whatever the algorithm saves.
 */
export async function measureConvolutional(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, { model, inputShape, train }] of Object.entries(convolutionalTasks)) {
    const task = await openDrawn(model, inputShape, train);
    const runs = [{ seed: deriveSeed(1, 'perf', 'checkpoint', 0) }];
    const run = () => task.train({ runs, cancel: neverCancelled });
    await run(); // compiles the graph
    const samples = train / (await secondsOf(run));
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
