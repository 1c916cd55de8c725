import { childSeed, type NumericArray, type Seed } from '@attribution-bench/contract';
import type { TensorSpec } from '@attribution-bench/onnx';
import { initialValues, packed, parameterSpecs, stacked } from '../nn/architecture/flat.js';
import { modelVectors, vectorsOf } from '../nn/architecture/vectors.js';
import type { Objective } from './objective.js';
import { optimizerOf } from './optimizers/optimizer-of.js';

/** Name in the loop state of what an optimiser remembers of a vector of parameters. */
export const slotName = (vector: string, slot: string): string => `${vector}:${slot}`;
const average = 'average';
/** Name in the loop state of the moving average of a vector of parameters. */
export const averageName = (vector: string): string => slotName(vector, average);

/** What is kept beside each vector of parameters: the optimiser's memory and, where asked for, the moving average. */
function slotsOf({ recipe, average: decay }: Objective): readonly string[] {
  const { slots } = optimizerOf(recipe);
  return decay === undefined ? slots : [...slots, average];
}

/** What training carries from step to step of `models` models, each array with a leading model axis. */
export function stateSpecs(objective: Objective, models: number): Record<string, TensorSpec> {
  const { architecture } = objective;
  const specs = parameterSpecs(modelVectors(architecture), models);
  for (const { name } of vectorsOf(architecture.parameters))
    for (const slot of slotsOf(objective)) specs[slotName(name, slot)] = specs[name];
  return specs;
}

/** The loop state of fresh models, one a seed. */
export function initialState(objective: Objective, seeds: readonly Seed[]): Record<string, NumericArray> {
  const { architecture } = objective;
  const initial = seeds.map((seed) => initialValues(architecture.arrays, childSeed(seed, 'initial-parameters')));
  const state = stacked(modelVectors(architecture), initial);
  for (const { name } of vectorsOf(architecture.parameters))
    for (const slot of slotsOf(objective))
      state[slotName(name, slot)] = slot === average ? state[name].slice() : new Float32Array(state[name].length);
  return state;
}

/** What training yields for one model of a loop state, flat: the parameters, or their moving average, and statistics. */
export function yieldedParameters(
  objective: Objective,
  state: Readonly<Record<string, NumericArray>>,
  model: number,
): Float32Array {
  const vectors = modelVectors(objective.architecture);
  const yielded = vectors.map(({ name }) => [name, state[yieldedName(objective, name)]] as const);
  return packed(vectors, Object.fromEntries(yielded), model);
}

/** Where in the loop state that vector lies which training yields as one of the model. */
export function yieldedName({ architecture: { parameters }, average: decay }: Objective, vector: string): string {
  return decay !== undefined && parameters.some(({ name }) => name === vector) ? averageName(vector) : vector;
}
