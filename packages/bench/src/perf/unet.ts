import { deriveSeed, type ParamSpecs, type Params, Rng, sizeOf } from '@attribution-bench/contract';
import { declareNetwork, models, type TaskData } from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { type Figure, secondsOf } from './figures.js';
import { neverCancelled, openPrepared, type PreparedTask, specOf } from './tasks.js';

const inputShape = [28, 28, 1];
const batch = 32;
const sizes = [
  [8, 16, 16],
  [16, 32, 32],
  [32, 64, 64],
];
const giga = 1e9;

/**
 * Training of diffusion U-Nets on one core, on drawn images: samples and operations per second, counted as six for each
 * multiplication of a sample's forward pass; beside them bare convolutions of as many channels.
 */
export async function measureUnets(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const channels of sizes)
    figures.push(...(await trainingFigures(channels)), await convolutionFigure(channels[0]));
  return figures;
}

/** A U-Net on drawn images, one batch of them. */
export function unetTask(channels: readonly number[]): PreparedTask {
  const spec = specOf({
    id: 'unet',
    data: { use: 'fashion-mnist', train: batch },
    model: { use: 'ddpm-unet', channels, epochs: 2, batch },
    queries: { heldout: 1, generated: 0 },
  });
  return { spec, data: drawnImages() };
}

async function trainingFigures(channels: readonly number[]): Promise<Figure[]> {
  const prepared = unetTask(channels);
  const { spec } = prepared;
  const task = await openPrepared(prepared);
  const runs = [{ seed: deriveSeed(1, 'perf', 'checkpoint', 0) }];
  const train = () => task.train({ runs, cancel: neverCancelled });
  await train(); // compiles the graph
  const seconds = await secondsOf(train);
  await task.release();
  const samples = (batch * task.info.epochs) / seconds;
  const settings = { model: `ddpm-unet ${channels.join('-')}`, batch, models: 1 };
  const network = models['ddpm-unet'].network(spec.model as unknown as Params<ParamSpecs>, {
    inputShape,
    outputs: sizeOf(inputShape),
  });
  const { multiplications } = declareNetwork(network, inputShape, spec.model.timeFeatures as number);
  return [
    { what: 'training', settings, value: samples, unit: 'samples/s' },
    { what: 'training', settings, value: (6 * samples * multiplications) / giga, unit: 'GFLOP/s' },
  ];
}

/** A 3×3 convolution of the full resolution, forward, of images in the layout that ONNX Runtime takes. */
async function convolutionFigure(channels: number): Promise<Figure> {
  const [height, width] = inputShape;
  const program = await onnxEngine.program(
    ({ x, filter }) => {
      const images = tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D;
      return { y: tf.sum(tf.conv2d(images, filter as tf.Tensor4D, 1, 'same'), [0, 1, 2]) };
    },
    {
      x: { shape: [batch, channels, height, width], dtype: 'float32' },
      filter: { shape: [3, 3, channels, channels], dtype: 'float32' },
    },
  );
  const feeds = {
    x: new Float32Array(batch * height * width * channels).fill(1),
    filter: new Float32Array(9 * channels * channels).fill(1),
  };
  const seconds = await secondsOf(() => program.run(feeds));
  await program.release();
  const operations = 2 * batch * height * width * 9 * channels * channels;
  return {
    what: 'bare convolution',
    settings: { channels, batch },
    value: operations / seconds / giga,
    unit: 'GFLOP/s',
  };
}

function drawnImages(): TaskData {
  const rng = new Rng([1, 2, 3, 4]);
  const images = (count: number) =>
    Float32Array.from({ length: count * sizeOf(inputShape) }, () => 2 * rng.uniform() - 1);
  return {
    inputs: images(batch),
    labels: new Int32Array(batch),
    flipped: new Uint8Array(batch),
    queryInputs: images(1),
    queryLabels: new Int32Array(1),
    inputShape,
    classes: 1,
    ids: Array.from({ length: batch }, (_, i) => `train/${i}`),
    queryIds: ['test/0'],
  };
}
