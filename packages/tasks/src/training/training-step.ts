import type { TensorSpec } from '@attribution-bench/onnx';
import type { ScanSpec, Tensors } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { maskName } from '../nn/architecture/dropout-mask.js';
import type { Architecture, Parameters } from '../nn/architecture/layer.js';
import { arraysOf, vectorsOf } from '../nn/architecture/vectors.js';
import { type Interpreter, withParameters } from '../nn/interpreters/apply.js';
import { type Taps, tapping } from '../nn/interpreters/tapped.js';
import type { TrainingBatch } from '../nn/layers/batch-norm.js';
import { pointSpecs, withBatchPoints } from './batch-points.js';
import { averageName, slotName, stateSpecs } from './loop-state.js';
import { type Objective, stepNoise } from './objective.js';
import type { StepScalars } from './optimizers/optimizer.js';
import { optimizerOf } from './optimizers/optimizer-of.js';

/** What training graphs of `models` models at once are fed: state, step inputs, shared arrays. */
export function trainingSpec(objective: Objective, models: number): ScanSpec {
  const { architecture, recipe, sharedSpecs } = objective;
  const points = pointSpecs(objective, models, recipe.batch);
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
  if (optimizerOf(recipe).corrections !== undefined) {
    each.correction1 = { shape: [], dtype: 'float32' };
    each.correction2 = { shape: [], dtype: 'float32' };
  }
  for (const [name, { shape, dtype }] of Object.entries(stepNoise(objective)?.specs ?? {})) {
    each[name] = { shape: [models, ...shape], dtype };
  }
  return { carry: stateSpecs(objective, models), each, shared: { ...points.shared, ...sharedSpecs } };
}

export interface TrainingStep {
  readonly carry: Tensors;
  /** Mean loss of each model's batch before the update, [models]. */
  readonly loss: tf.Tensor;
  /** Gradients of it by vector of parameters, each with a leading model axis. */
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
  const { layers, statistics } = architecture;
  const optimizer = optimizerOf(recipe);
  const vectors = vectorsOf(architecture.parameters);
  const names = vectors.map(({ name }) => name);
  const values = names.map((name) => carry[name]);
  const zeros = tapped ? layers.map(({ outputShape }) => tf.zeros([recipe.batch, ...outputShape])) : [];
  const inputs: tf.Tensor[] = [];
  const constants = constantsOf(architecture, carry, step);
  const means = (given: readonly tf.Tensor[], observe: TrainingBatch['observe']): tf.Tensor => {
    const own: Parameters = {
      ...constants,
      ...arraysOf(vectors, Object.fromEntries(names.map((name, i) => [name, given[i]]))),
    };
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
  for (const { name, arrays } of vectorsOf(statistics)) {
    const ofModels = arrays.map((array) => tf.reshape(tf.concat(observed[array.name], 0), [-1, array.size]));
    next[name] = tf.concat(ofModels, 1);
  }
  for (const [i, name] of names.entries()) {
    const slots = optimizer.slots.map((slot) => carry[slotName(name, slot)]);
    const updated = optimizer.update({ value: values[i], slots }, gradients[i], step as unknown as StepScalars);
    next[name] = updated.value;
    for (const [s, slot] of optimizer.slots.entries()) next[slotName(name, slot)] = updated.slots[s];
    if (objective.average !== undefined) {
      const decay = objective.average;
      const kept = tf.mul(carry[averageName(name)], decay);
      next[averageName(name)] = tf.add(kept, tf.mul(updated.value, 1 - decay));
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
  return { ...arraysOf(vectorsOf(statistics), carry), ...Object.fromEntries(masks.map((name) => [name, step[name]])) };
}
