import dTrak from '@attribution-bench/method-d-trak';
import trak from '@attribution-bench/method-trak';
import { expectReference, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { test } from 'vitest';

test('with the loss as its output, D-TRAK is TRAK of one checkpoint of a diffusion model, up to the projection', async () => {
  const setting = await trainedSetting(
    taskSpec(
      {
        id: 'small',
        data: { use: 'synthetic', train: 40, classes: 10, dims: 4 },
        model: { use: 'ddpm-mlp', hidden: [16], epochs: 20 },
        queries: { heldout: 6, generated: 0 },
      },
      5,
    ),
  );
  const common = { projection: 'none', ridge: 0.5, timesteps: 7 };
  const { scores: expected } = await runMethod(trak, setting, { params: { ...common, checkpoints: 1 } });
  const { scores } = await runMethod(dTrak, setting, { params: { ...common, output: 'loss' } });
  expectReference(scores, expected, 1e-5);
  await setting.task.release();
});
