import { choices } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { maskName } from '../architecture/dropout-mask.js';
import type { Architecture, Network, Nn, Parameters } from '../architecture/layer.js';
import { frozenStandardised, type TrainingBatch, trainingStandardised } from '../layers/batch-norm.js';
import { applyConv2d } from '../layers/conv2d.js';
import { addBias, applyConv2dTranspose } from '../layers/conv2d-transpose.js';
import { applyDense } from '../layers/dense.js';
import { applyDepthwiseConv2d } from '../layers/depthwise-conv2d.js';
import { dropped } from '../layers/dropout.js';
import { applyEmbedding, oneHotIds } from '../layers/embedding.js';
import { groupNormalised, groupStandardised } from '../layers/group-norm.js';
import { scaledAndShifted } from '../layers/norm.js';

/** What a network's layers do, given parameters. */
export type Interpreter = (parameters: Parameters) => Nn;

export interface Interpretation {
  /** Is shown what a layer's parameters meet and what it puts out; returns what it is to put out instead. */
  readonly tap?: (layer: string, input: () => tf.Tensor, output: tf.Tensor) => tf.Tensor;
  /** In training: what batch normalisation goes by, instead of the running statistics. */
  readonly batch?: TrainingBatch;
}

/**
 * Interprets a network with given parameters. With a model axis they make it run a whole stack of models at once. Numbers
 * are dropped where the parameters have masks.
 */
export function withParameters(
  parameters: Parameters,
  { tap = (_layer, _input, output) => output, batch }: Interpretation = {},
): Nn {
  return choices('layer', {
    dense(name, x, _units, { bias = true } = {}) {
      const output = applyDense(x, parameters[`${name}.weight`], bias ? parameters[`${name}.bias`] : undefined);
      return tap(name, () => x, output);
    },
    embedding: (name, ids, { count }) =>
      tap(name, () => oneHotIds(ids, count), applyEmbedding(ids, parameters[`${name}.table`])),
    conv2d: (name, x, options) => tap(name, () => x, applyConv2d(name, x, options, parameters)),
    depthwiseConv2d: (name, x, options) => tap(name, () => x, applyDepthwiseConv2d(name, x, options, parameters)),
    conv2dTranspose(name, x, options) {
      const output = tap(name, () => x, applyConv2dTranspose(name, x, options, parameters));
      if (options.bias === false) return output;
      return tap(`${name}.bias`, () => output, addBias(`${name}.bias`, output, parameters));
    },
    groupNorm(name, x, groups) {
      const standardised = () => groupStandardised(x, groups, parameters[`${name}.scale`].rank === 3);
      return tap(name, standardised, groupNormalised(name, x, groups, parameters));
    },
    batchNorm(name, x, options = {}) {
      const input =
        batch === undefined
          ? frozenStandardised(name, x, parameters)
          : trainingStandardised(name, x, options, parameters, batch);
      return tap(name, () => input, scaledAndShifted(name, input, parameters));
    },
    dropout(name, x, rate) {
      const mask = parameters[maskName(name)];
      return mask === undefined ? x : dropped(x, mask, rate);
    },
  } satisfies Nn);
}

/**
 * Runs a stack of models, at once or one after the other.
 * @param parameters with a leading model axis
 * @param x [models × batch × ...], or [1 × batch × ...] for the same inputs to all; `time` likewise
 * @param interpret default: {@link withParameters}
 * @returns [models × batch × outputs]
 */
export function runModels(
  { network, architecture }: { readonly network: Network; readonly architecture: Architecture },
  parameters: Parameters,
  x: tf.Tensor,
  time?: tf.Tensor,
  interpret: Interpreter = (own) => withParameters(own),
): tf.Tensor {
  if (network.stackable) return network.forward(interpret(parameters), x, time);
  const { arrays, dropouts } = architecture;
  const models = parameters[arrays[0].name].shape[0];
  const masks = dropouts.map(({ name }) => maskName(name)).filter((name) => parameters[name] !== undefined);
  const names = [...arrays.map(({ name }) => name), ...masks];
  const outputs = Array.from({ length: models }, (_, m) => {
    const own = Object.fromEntries(names.map((name) => [name, entry(parameters[name], m)]));
    const output = network.forward(interpret(own), entry(x, m), time === undefined ? undefined : entry(time, m));
    return tf.expandDims(output, 0);
  });
  return models === 1 ? outputs[0] : tf.concat(outputs, 0);
}

/** Entry `index` along the leading axis, the only one if there is but one. */
function entry(tensor: tf.Tensor, index: number): tf.Tensor {
  const [count, ...shape] = tensor.shape;
  if (count === 1) return tf.reshape(tensor, shape);
  const rest = shape.map(() => 0);
  return tf.reshape(tf.slice(tensor, [index, ...rest], [1, ...shape]), shape);
}
