import { childSeed, Rng, type Seed, sizeOf } from '@attribution-bench/contract';
import { maskName } from '../nn/architecture/dropout-mask.js';
import type { DropoutSpec } from '../nn/architecture/layer.js';
import type { Noise } from './noise.js';

/** Masks of every dropout of a network for each row of a batch, each dropout with a stream of its own. */
export function dropoutMasks(dropouts: readonly DropoutSpec[], batch: number): Noise {
  return {
    specs: Object.fromEntries(
      dropouts.map(({ name, shape }) => [maskName(name), { shape: [batch, ...shape], dtype: 'uint8' }]),
    ),
    draw(seed: Seed, from = 0) {
      const streams = dropouts.map(({ name, rate, shape }) => ({
        name: maskName(name),
        numbers: batch * sizeOf(shape),
        rng: new Rng(childSeed(seed, `dropout ${name}`)),
        threshold: rate * 2 ** 32,
      }));
      for (const { numbers, rng } of streams) for (let i = 0; i < from * numbers; i++) rng.uint32();
      return (step) => {
        for (const { name, numbers, rng, threshold } of streams) {
          const mask = step[name];
          for (let i = 0; i < numbers; i++) mask[i] = rng.uint32() < threshold ? 0 : 1;
        }
      };
    },
  };
}
