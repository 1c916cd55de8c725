import type { NumericArray } from '@attribution-bench/contract';
import type { TensorSpec } from '@attribution-bench/onnx';
import type { ScanSpec, Tensors } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { maskName } from '../nn/architecture/dropout-mask.js';
import { packed, parameterSpecs } from '../nn/architecture/flat.js';
import type { Architecture, Parameters } from '../nn/architecture/layer.js';
import { type Interpreter, withParameters } from '../nn/interpreters/apply.js';
import { type Taps, tapping } from '../nn/interpreters/tapped.js';
import type { TrainingBatch } from '../nn/layers/batch-norm.js';
import { pointSpecs, withBatchPoints } from './batch-points.js';
import { type Objective, stepNoise } from './objective.js';
import type { Optimizer, StepScalars } from './optimizers/optimizer.js';
import { optimizerOf } from './optimizers/optimizer-of.js';

/** Name in the loop state of what an optimiser remembers of a parameter. */
export const slotName = (parameter: string, slot: string): string => `${parameter}:${slot}`;
const average = 'average';

/** What training graphs of `models` models at once are fed: state, step inputs, shared arrays. */
export function trainingSpec(objective: Objective, models: number): ScanSpec {
  const { architecture, recipe, sharedSpecs } = objective;
  const points = pointSpecs(objective, models, recipe.batch);
  const optimizer = optimizerOf(recipe);
  const carry: Record<string, TensorSpec> = parameterSpecs(architecture.arrays, models);
  for (const [name, spec] of Object.entries(parameterSpecs(architecture.parameters, models))) {
    for (const slot of slotsOf(objective, optimizer)) carry[slotName(name, slot)] = spec;
  }
  const each: Record<string, TensorSpec> = {
    ...points.each,
    rows: { shape: [models, recipe.batch], dtype: 'int32' },
    weights: { shape: [recipe.batch], dtype: 'float32' },
    lr: { shape: [], dtype: 'float32' },
  };
  if (architecture.statistics.length > 0) {
    each.shares = { shape: [recipe.batch], dtype: 'float32' };
    each.moves = { shape: [], dtype: 'float32' };
  }
  if (optimizer.corrections !== undefined) {
    each.correction1 = { shape: [], dtype: 'float32' };
    each.correction2 = { shape: [], dtype: 'float32' };
  }
  for (const [name, { shape, dtype }] of Object.entries(stepNoise(objective)?.specs ?? {})) {
    each[name] = { shape: [models, ...shape], dtype };
  }
  return { carry, each, shared: { ...points.shared, ...sharedSpecs } };
}

export interface TrainingStep {
  readonly carry: Tensors;
  /** Mean loss of each model's batch before the update, [models]. */
  readonly loss: tf.Tensor;
  /** Gradients of it by parameter, each with a leading model axis. */
  readonly gradients: Tensors;
  /** With `tapped`, by layer: what each sample of the batch contributes to these gradients. */
  readonly taps: Readonly<Record<string, Taps>>;
}

/**
 * One optimiser step of all models: the body of the training loop.
 * @param fed what {@link trainingSpec} says, of one step
 * @param tapped whether to tap the pass that the gradients come from, which does not change them; of a single model only
 */
export function trainingStep(objective: Objective, carry: Tensors, fed: Tensors, tapped = false): TrainingStep {
  const step = withBatchPoints(objective, fed);
  const { architecture, recipe } = objective;
  const { layers, parameters } = architecture;
  const optimizer = optimizerOf(recipe);
  const names = parameters.map(({ name }) => name);
  const values = names.map((name) => carry[name]);
  const zeros = tapped ? layers.map(({ outputShape }) => tf.zeros([recipe.batch, ...outputShape])) : [];
  const inputs: tf.Tensor[] = [];
  const constants = constantsOf(architecture, carry, step);
  const means = (given: readonly tf.Tensor[], observe: TrainingBatch['observe']): tf.Tensor => {
    const own: Parameters = { ...constants, ...Object.fromEntries(names.map((name, i) => [name, given[i]])) };
    const batch: TrainingBatch = { weights: step.shares, moves: step.moves, observe };
    const interpret: Interpreter = tapped
      ? tapping(architecture, given.slice(names.length), inputs, batch)
      : (parameters) => withParameters(parameters, { batch });
    return tf.sum(tf.mul(objective.losses(own, step, interpret), step.weights), -1);
  };
  const given = [...values, ...zeros];
  const gradients = tf.grads((...list: tf.Tensor[]) => tf.sum(means(list, () => {})))(given);
  const observed: Record<string, tf.Tensor[]> = {};
  const loss = means(given, (name, running) => {
    observed[name] = [...(observed[name] ?? []), running];
  });
  const next: Tensors = {};
  for (const { name } of architecture.statistics) {
    next[name] = tf.reshape(tf.concat(observed[name], 0), carry[name].shape);
  }
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
    loss,
    gradients: Object.fromEntries(names.map((name, i) => [name, gradients[i]])),
    taps: Object.fromEntries(
      zeros.map((_, l) => {
        const { name, inputShape } = layers[l];
        const input = tf.reshape(inputs[l], [recipe.batch, ...inputShape]);
        return [name, { input, delta: gradients[names.length + l] }];
      }),
    ),
  };
}

/** What a network is given besides its parameters: running statistics, and masks where it drops numbers. */
function constantsOf({ statistics, dropouts }: Architecture, carry: Tensors, step: Tensors): Parameters {
  const masks = dropouts.map(({ name }) => maskName(name));
  return Object.fromEntries([
    ...statistics.map(({ name }) => [name, carry[name]] as const),
    ...masks.map((name) => [name, step[name]] as const),
  ]);
}

/** What is kept beside each parameter: the optimiser's memory and, where asked for, the moving average. */
export function slotsOf(objective: Objective, optimizer: Optimizer = optimizerOf(objective.recipe)): readonly string[] {
  return objective.average === undefined ? optimizer.slots : [...optimizer.slots, average];
}

/** What training yields for one model of a loop state, flat: the parameters, or their moving average, and statistics. */
export function yieldedParameters(
  objective: Objective,
  state: Readonly<Record<string, NumericArray>>,
  model: number,
): Float32Array {
  const { arrays } = objective.architecture;
  const yielded = arrays.map(({ name }) => [name, state[yieldedName(objective, name)]] as const);
  return packed(arrays, Object.fromEntries(yielded), model);
}

/** Where in the loop state that array lies which training yields as array `name` of the model. */
export function yieldedName({ architecture: { parameters }, average: decay }: Objective, name: string): string {
  return decay !== undefined && parameters.some((own) => own.name === name) ? slotName(name, average) : name;
}
