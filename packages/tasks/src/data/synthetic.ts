import { deriveSeed, int, num, Rng } from '@attribution-bench/contract';
import { defineDataset, type Partition, pointParams } from './dataset.js';

/** A Gaussian mixture, one component a class: for tests and trials, no files needed. */
export const synthetic = defineDataset({
  id: 'synthetic',
  title: 'Gaussian mixture',
  licence: 'none needed',
  home: 'drawn from the seed of the grid',
  params: {
    ...pointParams({ train: 200, queries: 20 }),
    classes: int({ default: 3, min: 1, max: 1000, help: 'components of the mixture' }),
    dims: int({ default: 8, min: 1, max: 100_000, help: 'numbers in a point' }),
    separation: num({ default: 1, min: 0, help: 'standard deviation of the class means; points have 1 around theirs' }),
  },
  async load({ train, queries, classes, dims, separation }, _environment, seed) {
    const means = new Rng(deriveSeed(seed, 'synthetic', 'data', 'means'));
    const centres = Float64Array.from({ length: classes * dims }, () => separation * means.normal());
    const draw = (name: string, rows: number): Partition => {
      const rng = new Rng(deriveSeed(seed, 'synthetic', 'data', name));
      const labels = Int32Array.from({ length: rows }, (_, row) => row % classes);
      const values = Float32Array.from(
        { length: rows * dims },
        (_, i) => centres[labels[Math.floor(i / dims)] * dims + (i % dims)] + rng.normal(),
      );
      return { name, values, scale: 1, labels };
    };
    const names = Array.from({ length: classes }, (_, label) => String(label));
    return {
      inputShape: [dims],
      classNames: names,
      pixels: false,
      train: draw('train', train),
      heldout: draw('heldout', queries),
    };
  },
});
