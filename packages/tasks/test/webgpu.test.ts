import { deviceEngine } from '@attribution-bench/tfjs-onnx';
import { describe, test } from 'vitest';
import { testsAllOfWebgpu, webgpuAvailable } from '../../../test/software-vulkan.js';
import { expectAgreement } from './support/engine-agreement.js';
import { imageData } from './support/image-data.js';

const available = await webgpuAvailable();
const webgpu = deviceEngine('webgpu');
const minutes = 600_000;

const perceptron = { use: 'mlp', hidden: [8], dropout: 0.2, optimizer: 'adam' };
const classifiers: [Record<string, unknown>, number[]][] = [
  [{ use: 'cnn', channels: [4, 6], pooling: 'max' }, [7, 7, 3]],
  [{ use: 'resnet9', width: 4, groups: 2 }, [12, 12, 2]],
];

describe.skipIf(!available)('WebGPU trains and differentiates as the processor does', () => {
  test.each([[perceptron, [12]], ...(testsAllOfWebgpu ? classifiers : [])] as typeof classifiers)(
    '%j on %j',
    async (model, shape) => {
      const raw = { data: { use: 'digits' }, model: { ...model, epochs: 2, batch: 4, lr: 0.05 } };
      await expectAgreement(webgpu, raw, imageData(shape), 1e-5);
    },
    minutes,
  );

  test.runIf(testsAllOfWebgpu)(
    'a U-Net',
    async () => {
      // Adam would divide by the size of gradients, rounding errors among them.
      const plain = { optimizer: 'sgd', lr: 0.01 };
      const raw = {
        data: { use: 'fashion-mnist' },
        model: { use: 'ddpm-unet', channels: [4, 8], groups: 2, diffusionSteps: 20, epochs: 1, batch: 4, ...plain },
        target: { use: 'neg-denoising-loss', timesteps: 2, draws: 1 },
        queries: { heldout: 3, generated: 0 },
      };
      await expectAgreement(webgpu, raw, imageData([8, 8, 1]), 1e-5);
    },
    minutes,
  );
});
