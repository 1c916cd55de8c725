import { BenchError, type NdArray, sizeOf } from '@attribution-bench/contract';
import type { NoiseSource } from '@attribution-bench/tasks';
import { type GivenModels, givenSetting } from './given-setting.js';
import { type Setting, taskSpec } from './setting.js';

export interface GeneratorFixture extends GivenModels {
  /** [train × ...] */
  readonly inputs: NdArray;
  /** [queries × ...] */
  readonly queryInputs: NdArray;
  /** As in a grid file, e.g. `{ use: 'ddpm-mlp', hidden: [32] }`. */
  readonly model: Readonly<Record<string, unknown>>;
  /** The time steps that there is noise for. */
  readonly timesteps: readonly number[];
  /** What is added to each point at each of them, [timesteps × train × dims] and [timesteps × queries × dims]. */
  readonly noise: NdArray;
  readonly queryNoise: NdArray;
}

/** A diffusion model over given points with given weights and noise, the counterpart of {@link fixtureTask}. */
export async function fixtureGenerator(fixture: GeneratorFixture): Promise<Setting> {
  const { inputs, queryInputs, model, timesteps, noise, queryNoise } = fixture;
  const [train, ...inputShape] = inputs.shape;
  const points = { use: 'synthetic', train, dims: sizeOf(inputShape) };
  const queries = { heldout: queryInputs.shape[0], generated: 0 };
  const spec = taskSpec({ id: 'fixture', data: points, model, queries }, 0);
  const sources = { train: givenNoise(noise, timesteps), queries: givenNoise(queryNoise, timesteps) };
  return givenSetting(spec, { inputs, queryInputs, noise: sources }, fixture);
}

function givenNoise({ shape: [, points, dims], data }: NdArray, timesteps: readonly number[]): NoiseSource {
  return (point) => ({
    fill(t, into) {
      const row = timesteps.indexOf(t);
      if (row === -1)
        throw new BenchError({
          code: 'TESTKIT_NOISE',
          message: `noise is given at the time steps ${timesteps.join(', ')}, not at ${t}`,
        });
      const first = (row * points + point) * dims;
      into.set(Float32Array.from(data.subarray(first, first + dims)));
    },
  });
}
