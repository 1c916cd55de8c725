import { helperSeconds, onnxEngineOn } from '@attribution-bench/tfjs-onnx';
import { expect, test } from 'vitest';
import { openTask } from '../src/index.js';
import { imageData } from './support/image-data.js';
import { runSeed, specOf, uncancelled } from './support/tasks.js';

const batch = 110;
const convolutional = {
  data: { use: 'digits' },
  model: { use: 'cnn', channels: [96, 192], pooling: 'max', epochs: 3, batch, lr: 0.01 },
};

test.runIf(process.arch === 'x64')('a large model is trained to the same bytes on any number of threads', async () => {
  const spec = specOf(convolutional);
  const data = imageData([16, 16, 1], batch);
  const train = async (threads: number[]): Promise<{ parameters: Float32Array; helped: boolean }> => {
    let asked = 0;
    const task = await openTask(
      spec,
      data,
      onnxEngineOn(() => threads[asked++ % threads.length]),
    );
    const before = helperSeconds();
    const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
    await task.release();
    return { parameters, helped: helperSeconds() > before };
  };
  const { parameters } = await train([1]);
  expect(await train([2])).toEqual({ parameters, helped: true });
  expect(await train([1, 3])).toEqual({ parameters, helped: true });
});
