import type { NumericArray } from '@attribution-bench/contract';
import type { ScanSpec, Tensors } from '@attribution-bench/tfjs-onnx';
import type { TensorSpec } from '@attribution-bench/tfjs-onnx/runtime';
import * as tf from '@tensorflow/tfjs';
import type { Parameters } from '../nn/apply.js';
import { packed, parameterSpecs } from '../nn/flat.js';
import type { Objective } from './objective.js';
import { type Optimizer, optimizerOf, type StepScalars } from './optimizer.js';

/** Name in the loop state of what an optimiser remembers of a parameter. */
export const slotName = (parameter: string, slot: string): string => `${parameter}:${slot}`;
const average = 'average';

/** What training graphs of `models` models at once are fed: state, step inputs, shared arrays. */
export function trainingSpec(objective: Objective, models: number): ScanSpec {
  const { architecture, recipe, noise, sharedSpecs } = objective;
  const optimizer = optimizerOf(recipe);
  const parameters = parameterSpecs(architecture, models);
  const carry: Record<string, TensorSpec> = { ...parameters };
  for (const [name, spec] of Object.entries(parameters)) {
    for (const slot of slotsOf(objective, optimizer)) carry[slotName(name, slot)] = spec;
  }
  const each: Record<string, TensorSpec> = {
    rows: { shape: [models, recipe.batch], dtype: 'int32' },
    weights: { shape: [recipe.batch], dtype: 'float32' },
    lr: { shape: [], dtype: 'float32' },
  };
  if (optimizer.corrections !== undefined) {
    each.correction1 = { shape: [], dtype: 'float32' };
    each.correction2 = { shape: [], dtype: 'float32' };
  }
  for (const [name, { shape, dtype }] of Object.entries(noise?.specs ?? {})) {
    each[name] = { shape: [models, ...shape], dtype };
  }
  return { carry, each, shared: sharedSpecs };
}

export interface TrainingStep {
  readonly carry: Tensors;
  /** Mean loss of each model's batch before the update, [models]. */
  readonly loss: tf.Tensor;
  /** Gradients of it by parameter, each with a leading model axis. */
  readonly gradients: Tensors;
}

/** One optimiser step of all models: the body of the training loop. */
export function trainingStep(objective: Objective, carry: Tensors, step: Tensors): TrainingStep {
  const optimizer = optimizerOf(objective.recipe);
  const names = objective.architecture.parameters.map(({ name }) => name);
  const values = names.map((name) => carry[name]);
  const means = (given: readonly tf.Tensor[]): tf.Tensor => {
    const parameters: Parameters = Object.fromEntries(names.map((name, i) => [name, given[i]]));
    return tf.sum(tf.mul(objective.losses(parameters, step), step.weights), -1);
  };
  const gradients = tf.grads((...given: tf.Tensor[]) => tf.sum(means(given)))(values);
  const next: Tensors = {};
  for (const [i, name] of names.entries()) {
    const slots = optimizer.slots.map((slot) => carry[slotName(name, slot)]);
    const updated = optimizer.update({ value: values[i], slots }, gradients[i], step as unknown as StepScalars);
    next[name] = updated.value;
    for (const [s, slot] of optimizer.slots.entries()) next[slotName(name, slot)] = updated.slots[s];
    if (objective.average !== undefined) {
      const decay = objective.average;
      const kept = tf.mul(carry[slotName(name, average)], decay);
      next[slotName(name, average)] = tf.add(kept, tf.mul(updated.value, 1 - decay));
    }
  }
  return {
    carry: next,
    loss: means(values),
    gradients: Object.fromEntries(names.map((name, i) => [name, gradients[i]])),
  };
}

/** What is kept beside each parameter: the optimiser's memory and, where asked for, the moving average. */
export function slotsOf(objective: Objective, optimizer: Optimizer = optimizerOf(objective.recipe)): readonly string[] {
  return objective.average === undefined ? optimizer.slots : [...optimizer.slots, average];
}

/** What training yields for one model of a loop state, flat: the parameters, or their moving average. */
export function yieldedParameters(
  { architecture, average: decay }: Objective,
  state: Readonly<Record<string, NumericArray>>,
  model: number,
): Float32Array {
  if (decay === undefined) return packed(architecture, state, model);
  const averages = architecture.parameters.map(({ name }) => [name, state[slotName(name, average)]]);
  return packed(architecture, Object.fromEntries(averages), model);
}
