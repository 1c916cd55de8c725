import { tfjsEngine, tfjsNodeStatus } from '@attribution-bench/tfjs-onnx';
import { describe, test } from 'vitest';
import everyLayer from '../examples/every-layer.js';
import { expectAgreement } from './support/engine-agreement.js';
import { imageData } from './support/image-data.js';
import { moduleOf } from './support/own-models.js';

const { available } = await tfjsNodeStatus();
const native = await tfjsEngine();

const classifiers: [Record<string, unknown>, number[]][] = [
  [{ use: 'logistic' }, [12]],
  [{ use: 'mlp', hidden: [8], dropout: 0.2 }, [12]],
  [{ use: 'cnn', channels: [4, 6], pooling: 'average' }, [8, 8, 3]],
  [{ use: 'cnn', channels: [4, 6], pooling: 'max' }, [8, 8, 3]],
  [{ use: 'resnet9', width: 4, groups: 2 }, [12, 12, 2]],
  [{ use: 'resnet9', width: 4, norm: 'batch' }, [12, 12, 3]],
  [{ use: 'resnet9', variant: 'dattri', width: 2, groups: 2 }, [8, 8, 3]],
  [{ use: moduleOf(everyLayer), channels: 4 }, [8, 8, 3]],
];
const generators: [Record<string, unknown>, number[]][] = [
  [{ use: 'ddpm-mlp', hidden: [8] }, [4, 4, 1]],
  [{ use: 'ddpm-unet', channels: [4, 8], groups: 2 }, [8, 8, 1]],
];

describe.skipIf(!available)('tfjs-node trains and differentiates as compiled graphs do', () => {
  test.each(classifiers)('%j on %j', async (model, shape) => {
    const recipe = { epochs: 2, batch: 4, lr: 0.05 };
    await expectAgreement(native, { data: { use: 'digits' }, model: { ...model, ...recipe } }, imageData(shape));
  });

  test.each(generators)('%j on %j', async (model, shape) => {
    const raw = {
      data: { use: 'fashion-mnist' },
      model: { ...model, diffusionSteps: 20, epochs: 2, batch: 4, lr: 0.01 },
      target: { use: 'neg-denoising-loss', timesteps: 4, draws: 1 },
      queries: { heldout: 3, generated: 0 },
    };
    // Adam divides by the size of gradients, rounding errors among them.
    await expectAgreement(native, raw, imageData(shape), 1e-3);
  });
});
