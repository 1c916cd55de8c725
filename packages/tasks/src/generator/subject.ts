import { deriveSeed, type Output, type OutputFunction, sizeOf, uniformTimesteps } from '@attribution-bench/contract';
import type { TaskData } from '../data/task-data.js';
import { declareNetwork } from '../nn/interpreters/declare.js';
import { networkOf, partOf } from '../parts.js';
import type { Pass, Subject } from '../passes/pass.js';
import type { TaskSpec } from '../spec.js';
import { denoisingLoss } from './denoising.js';
import { type Diffusion, diffusionOf } from './diffusion.js';
import { levelTable } from './levels.js';
import { type NoiseSource, noiseSource } from './noise-source.js';
import { type NoisedPoints, noisedPass } from './noised-pass.js';
import { checkTimesteps } from './timesteps.js';

/** A generator's network and points, and what else its programs need. */
export interface GeneratorSubject extends Subject {
  readonly diffusion: Diffusion;
  /** [steps × levelWidth], see `levelTable`. */
  readonly levels: Float32Array;
  readonly levelWidth: number;
  /** The pass that the target is defined by: its time steps and noise draws. */
  readonly targetPass: Pass;
  /** Time steps of the target and noises drawn at each: draw r of a query at step t is row t · draws + r of its rows. */
  readonly targetNoise: { readonly timesteps: readonly number[]; readonly draws: number; readonly rows: NoiseSource };
  /** Time steps that points are looked at where a method names none. */
  readonly usualTimesteps: readonly number[];
  /** Every query as another clean input at each time step. @param cleans [queries × timesteps × dims] */
  pathPass(cleans: Float32Array, timesteps: readonly number[]): Pass;
}

const defaultTimesteps = 10;

/** Each point is noised at several time steps; what is predicted is compared with the noise. */
export function generatorSubject(spec: TaskSpec, data: TaskData): GeneratorSubject {
  const { inputShape } = data;
  const dims = sizeOf(inputShape);
  const network = networkOf(spec.model, { inputShape, outputs: dims });
  const timeFeatures = spec.model.timeFeatures as number;
  const diffusion = diffusionOf(spec.model);
  const levels = levelTable(diffusion, timeFeatures);
  const levelWidth = levels.length / diffusion.steps;
  const inputs = { train: data.inputs, queries: data.queryInputs };
  const noised = (role: 'method' | 'target-noise'): NoisedPoints => {
    const seed = deriveSeed(spec.seed, 'diffusion-noise', role);
    const drawn = {
      train: noiseSource(seed, inputs.train, dims),
      queries: noiseSource(seed, inputs.queries, dims),
    };
    const noise = role === 'method' ? (data.noise ?? drawn) : drawn;
    return { inputShape, inputs, noise, levels, levelWidth };
  };
  const { output: target } = partOf('target', spec.target);
  const explained: OutputFunction = (prediction, noise) => target(prediction, noise, denoisingLoss);
  const { timesteps, draws } = spec.target as unknown as { timesteps: number; draws: number };
  const noisedTarget = noised('target-noise');
  const targetNoise = {
    timesteps: uniformTimesteps(diffusion.steps, timesteps),
    draws,
    rows: noisedTarget.noise.queries,
  };
  const usualTimesteps = uniformTimesteps(diffusion.steps, defaultTimesteps);
  return {
    network,
    architecture: declareNetwork(network, inputShape, timeFeatures),
    diffusion,
    levels,
    levelWidth,
    targetPass: noisedPass(noisedTarget, targetNoise.timesteps, draws),
    targetNoise,
    usualTimesteps,
    pathPass: (cleans, steps) =>
      noisedPass({ ...noised('method'), inputs: { ...inputs, queries: cleans }, perTimestep: true }, steps, 1),
    count: (of) => inputs[of].length / dims,
    pass: (given = usualTimesteps) => {
      checkTimesteps(given, diffusion);
      return noisedPass(noised('method'), given, 1);
    },
    outputFunction: (output: Output): OutputFunction =>
      output === 'loss' ? denoisingLoss : output === 'target' ? explained : output,
  };
}
