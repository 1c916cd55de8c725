import type { TensorSpec } from '@attribution-bench/onnx';
import type { ScanBody, ScanSpec, Tensors } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { fedNames } from './batch-points.js';
import { type Objective, stepNoise } from './objective.js';
import { trainingSpec, trainingStep } from './training-step.js';

/** Name in the reversed loop of the derivative of the queries' targets by an array of the loop state. */
export const adjointName = (array: string): string => `${array}:adjoint`;

/** What a reversed step emits: derivatives by the weights of its points. */
export const byWeight = 'byWeight';

/**
 * What the loop that runs training backwards is fed: adjoints of `queries` queries, and of each step the loop state before it
 * and the inputs.
 */
export function reversedSpec(objective: Objective, queries: number): ScanSpec {
  const { carry, each, shared } = trainingSpec(objective, 1);
  const adjoints = Object.entries(carry).map(
    ([
      name,
      {
        shape: [, ...shape],
        dtype,
      },
    ]): [string, TensorSpec] => [adjointName(name), { shape: [queries, ...shape], dtype }],
  );
  return { carry: Object.fromEntries(adjoints), each: { ...carry, ...each }, shared };
}

/**
 * A step of training in reverse. With s' = u(s, w) the state after the step, from the state s before it and the weights w of
 * the losses of its batch, and a = ∂f/∂s' for each query's target f: emits aᵀ ∂u/∂w at w = 1, [queries × batch], and
 * carries aᵀ ∂u/∂s. Each query has a copy of the state, so that one backward pass through the step, whose own gradient
 * is differentiated too, serves all.
 */
export function reversedStep(objective: Objective, queries: number): ScanBody {
  const names = Object.keys(trainingSpec(objective, 1).carry);
  const perModel = ['rows', ...fedNames(objective), ...Object.keys(stepNoise(objective)?.specs ?? {})];
  return ({ carry: adjoints, each, shared }) => {
    const step: Tensors = { ...each, ...shared };
    for (const name of perModel) step[name] = repeated(step[name], queries);
    const advanced = (...given: tf.Tensor[]) => {
      const weights = given[names.length];
      const weighted: Objective = {
        ...objective,
        losses: (...asked) => tf.mul(objective.losses(...asked), weights),
      };
      const state = Object.fromEntries(names.map((name, i) => [name, given[i]]));
      const { carry: next } = trainingStep(weighted, state, { ...step, ...weightedShares(step, weights) });
      return names
        .map((name) => tf.sum(tf.mul(next[name], adjoints[adjointName(name)])))
        .reduce((sum, product) => tf.add(sum, product));
    };
    const states = names.map((name) => repeated(each[name], queries));
    const slopes = tf.grads(advanced)([...states, tf.ones([queries, objective.recipe.batch])]);
    return {
      carry: Object.fromEntries(names.map((name, i) => [adjointName(name), slopes[i]])),
      emit: { [byWeight]: slopes[names.length] },
    };
  };
}

/** What counts in the means of batch normalisations: w_i / Σ w, of a single model. */
function weightedShares({ shares }: Tensors, weights: tf.Tensor): Tensors {
  if (shares === undefined) return {};
  const counted = tf.mul(shares, tf.reshape(weights, shares.shape));
  return { shares: tf.div(counted, tf.sum(counted)) };
}

function repeated(tensor: tf.Tensor, times: number): tf.Tensor {
  return tf.tile(tensor, [times, ...tensor.shape.slice(1).map(() => 1)]);
}
