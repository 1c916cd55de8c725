import { BenchError, choices, sizeOf } from '@attribution-bench/contract';
import { compile } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { flatSize } from '../architecture/flat.js';
import type {
  Architecture,
  DropoutSpec,
  LayerKind,
  LayerSpec,
  Network,
  Nn,
  ParameterSpec,
} from '../architecture/layer.js';
import { declareBatchNorm } from '../layers/batch-norm.js';
import { declareConv2d } from '../layers/conv2d.js';
import { declareConv2dTranspose, declareTransposeBias } from '../layers/conv2d-transpose.js';
import { declareDense } from '../layers/dense.js';
import { declareDepthwiseConv2d } from '../layers/depthwise-conv2d.js';
import { declareDropout } from '../layers/dropout.js';
import { declareEmbedding } from '../layers/embedding.js';
import { declareGroupNorm } from '../layers/group-norm.js';

/** Layers that run one model at a time. */
const unstackable: ReadonlySet<LayerKind> = new Set(['conv2d', 'depthwiseConv2d', 'conv2dTranspose']);

/**
 * Records a network once, with zeros for what its layers put out, to find what parameters it has.
 * @param inputShape shape of one input, without batch axis
 * @param timeFeatures generators: length of the time features
 * @throws BenchError MODEL_LAYERS when two layers have one name, or a stackable network has layers that cannot be stacked
 */
export function declareNetwork(network: Network, inputShape: readonly number[], timeFeatures?: number): Architecture {
  const layers: LayerSpec[] = [];
  const dropouts: DropoutSpec[] = [];
  let size = 0;
  const checkName = (name: string): void => {
    if (![...layers, ...dropouts].some((known) => known.name === name)) return;
    throw badLayers(`two layers of the model are named ${name}`, 'give each layer a name of its own');
  };
  const declared = (layer: LayerSpec): tf.Tensor => {
    checkName(layer.name);
    if (network.stackable && unstackable.has(layer.kind)) {
      const why = `${layer.name} is a ${layer.kind}, which cannot run a stack of models`;
      throw badLayers(`the model says it is stackable, but ${why}`, 'leave out stackable');
    }
    layers.push(layer);
    size += layer.size;
    return tf.zeros([1, ...layer.outputShape]);
  };
  const nn = choices('layer', {
    dense: (name, x, units, options = {}) => declared(declareDense(name, x.shape.slice(1), units, options, size)),
    embedding: (name, ids, options) => declared(declareEmbedding(name, ids.shape.slice(1), options, size)),
    conv2d: (name, x, options) => declared(declareConv2d(name, x.shape.slice(1), options, size)),
    depthwiseConv2d: (name, x, options) => declared(declareDepthwiseConv2d(name, x.shape.slice(1), options, size)),
    conv2dTranspose(name, x, options) {
      const output = declared(declareConv2dTranspose(name, x.shape.slice(1), options, size));
      if (options.bias === false) return output;
      return declared(declareTransposeBias(`${name}.bias`, output.shape.slice(1), options, size));
    },
    groupNorm: (name, x, groups) => declared(declareGroupNorm(name, x.shape.slice(1), groups, size)),
    batchNorm: (name, x) => declared(declareBatchNorm(name, x.shape.slice(1), size)),
    dropout(name, x, rate) {
      checkName(name);
      const spec = declareDropout(name, x.shape, rate);
      if (rate > 0) dropouts.push(spec);
      return x;
    },
  } satisfies Nn);
  const called = new Set<string>();
  compile(({ x, time }) => ({ output: network.forward(noting(nn, called), x, time) }), {
    x: { shape: [1, ...inputShape], dtype: 'float32' },
    ...(timeFeatures === undefined ? {} : { time: { shape: [1, timeFeatures], dtype: 'float32' } }),
  });
  const parameters = layers.flatMap((layer) => layer.parameters);
  const statistics = placedFrom(
    size,
    layers.flatMap((layer) => layer.statistics ?? []),
  );
  return {
    layers,
    parameters,
    size: flatSize(parameters),
    statistics,
    arrays: [...parameters, ...statistics],
    dropouts,
    calls: [...called].sort(),
    activations: sum(layers.map(({ inputShape, outputShape }) => sizeOf(inputShape) + sizeOf(outputShape))),
    multiplications: sum(
      layers.map(({ size, positions, window }) => size * (window === undefined ? positions : sizeOf(window.output))),
    ),
  };
}

/** These layers; `called` is told the names of those that are used. */
function noting(nn: Nn, called: Set<string>): Nn {
  return new Proxy(nn, {
    get(target, name) {
      called.add(String(name));
      return Reflect.get(target, name);
    },
  });
}

function placedFrom(start: number, arrays: readonly Omit<ParameterSpec, 'offset'>[]): ParameterSpec[] {
  let next = start;
  return arrays.map((array) => {
    const offset = next;
    next += array.size;
    return { ...array, offset };
  });
}

function badLayers(message: string, next: string): BenchError {
  return new BenchError({ code: 'MODEL_LAYERS', message, next });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
