import { onnxEngine, tfjsEngine, tfjsNodeStatus } from '@attribution-bench/tfjs-onnx';
import { describe, expect, test } from 'vitest';
import everyLayer from '../examples/every-layer.js';
import { openTask, type TaskData } from '../src/index.js';
import { imageData } from './support/image-data.js';
import { moduleOf } from './support/own-models.js';
import { allRows, checkpointOf, contextOf, relativeError, runSeed, specOf, uncancelled } from './support/tasks.js';

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

/** Parameters after a few steps, and gradients of the training points there, on both engines. */
async function expectAgreement(raw: Record<string, unknown>, data: TaskData, tolerance = 1e-4): Promise<void> {
  const spec = specOf(raw);
  const [compiled, eager] = [await openTask(spec, data, onnxEngine), await openTask(spec, data, native)];
  const train = { runs: [{ seed: runSeed(0) }, { seed: runSeed(1) }] };
  const [expected, found] = [
    await compiled.train({ ...train, cancel: uncancelled }),
    await eager.train({ ...train, cancel: uncancelled }),
  ];
  for (const [i, { parameters }] of expected.entries())
    expect(relativeError(found[i].parameters, parameters)).toBeLessThan(tolerance);
  const checkpoint = checkpointOf(expected[0].parameters);
  const request = { of: 'train', checkpoint, output: 'target' } as const;
  const [rows, wanted] = [
    await allRows(contextOf(eager, [checkpoint]).gradients(request)),
    await allRows(contextOf(compiled, [checkpoint]).gradients(request)),
  ];
  expect(relativeError(rows.data, wanted.data)).toBeLessThan(1e-4);
  await compiled.release();
  await eager.release();
}

describe.skipIf(!available)('tfjs-node trains and differentiates as compiled graphs do', () => {
  test.each(classifiers)('%j on %j', async (model, shape) => {
    const recipe = { epochs: 2, batch: 4, lr: 0.05 };
    await expectAgreement({ data: { use: 'digits' }, model: { ...model, ...recipe } }, imageData(shape));
  });

  test.each(generators)('%j on %j', async (model, shape) => {
    const raw = {
      data: { use: 'fashion-mnist' },
      model: { ...model, diffusionSteps: 20, epochs: 2, batch: 4, lr: 0.01 },
      target: { use: 'neg-denoising-loss', timesteps: 4, draws: 1 },
      queries: { heldout: 3, generated: 0 },
    };
    // Adam divides by the size of gradients, rounding errors among them.
    await expectAgreement(raw, imageData(shape), 1e-3);
  });
});
