import { fixtureTask, readNpy, type Setting, torchLayers } from '@attribution-bench/testkit';

/** An array of the fixture. */
export function read(name: string): ReturnType<typeof readNpy> {
  return readNpy(new URL(`../../../../test/fixtures/influence-mlp/${name}.npy`, import.meta.url));
}

/** The MLP of 2,410 parameters that the fixture's scores are of, its three checkpoints, 200 points and 20 queries. */
export function referenceMlp(): Promise<Setting> {
  return fixtureTask({
    inputs: read('x_train'),
    labels: read('y_train'),
    queryInputs: read('x_test'),
    queryLabels: read('y_test'),
    classes: 10,
    model: { use: 'mlp', hidden: [32] },
    target: 'neg-loss',
    checkpoints: [0, 1, 2].map((run) =>
      torchLayers(
        ['fc1', 'fc2'].map((layer) => ({
          weight: read(`ckpt${run}_${layer}_weight`),
          bias: read(`ckpt${run}_${layer}_bias`),
        })),
      ),
    ),
  });
}
