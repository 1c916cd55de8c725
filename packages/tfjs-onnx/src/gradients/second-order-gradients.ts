import type { GradConfig, GradFunc, NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { spatialGradients } from './spatial-gradients.js';

type Engine = ReturnType<typeof tf.engine>;
type CustomGradient = Parameters<Engine['customGrad']>[0];

/**
 * TensorFlow.js computes wrong derivatives of gradients whose formula uses the result of the operation: the result it
 * saved is cut off from the inputs, so its own derivative is lost. Here such gradients compute the result again from
 * saved inputs whenever a derivative of them is being taken; ONNX graphs share the two computations. Also, operations
 * with truth values as results get the zero gradient that second derivatives ask for.
 */
export function installSecondOrderGradients(): void {
  const engine = tf.engine() as Engine & { [installed]?: true };
  if (engine[installed]) return;
  engine[installed] = true;
  for (const [kernelName, inputNames] of Object.entries(gradientsFromResults)) recomputeResult(kernelName, inputNames);
  for (const [kernelName, inputNames] of Object.entries(stepFunctions)) registerZeroGradient(kernelName, inputNames);
  for (const config of [
    eluGradient,
    sigmoidGradient,
    tanhGradient,
    softmaxGradient,
    ...broadcastingGradients,
    cumulativeSumGradient,
    cumulativeProductGradient,
    ...spatialGradients,
  ])
    replaceGradient(config);
  recomputeCustomGradients(engine);
}

const installed = Symbol.for('attribution-bench.second-order-gradients');

/** Kernels whose registered gradient uses their result, with their inputs. */
const gradientsFromResults: Readonly<Record<string, readonly string[]>> = {
  Exp: ['x'],
  Pow: ['a', 'b'],
  Max: ['x'],
  Min: ['x'],
  MaxPool: ['x'],
};

/** Kernels that are constant wherever they are differentiable, and have no registered gradient. */
const stepFunctions: Readonly<Record<string, readonly string[]>> = {
  Equal: ['a', 'b'],
  NotEqual: ['a', 'b'],
  Greater: ['a', 'b'],
  GreaterEqual: ['a', 'b'],
  Less: ['a', 'b'],
  LessEqual: ['a', 'b'],
  LogicalAnd: ['a', 'b'],
  LogicalOr: ['a', 'b'],
  LogicalNot: ['x'],
  All: ['x'],
  Any: ['x'],
};

/** Whether what is computed now will itself be differentiated. */
function isDifferentiated(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

function replaceGradient(config: GradConfig): void {
  if (tf.getGradient(config.kernelName) !== undefined) tf.unregisterGradient(config.kernelName);
  tf.registerGradient(config);
}

function recomputeResult(kernelName: string, inputNames: readonly string[]): void {
  const { gradFunc, inputsToSave = [] } = tf.getGradient(kernelName);
  const gradient: GradFunc = (dy, saved, attrs) => {
    const inputs: NamedTensorMap = Object.fromEntries(inputNames.map((name, i) => [name, saved[i]]));
    const result = isDifferentiated()
      ? (tf.engine().runKernel(kernelName, inputs, attrs) as Tensor)
      : saved[inputNames.length];
    return gradFunc(dy, [...inputsToSave.map((name) => inputs[name]), result], attrs);
  };
  replaceGradient({ kernelName, inputsToSave: [...inputNames], outputsToSave: [true], gradFunc: gradient });
}

function registerZeroGradient(kernelName: string, inputNames: readonly string[]): void {
  replaceGradient({
    kernelName,
    inputsToSave: [...inputNames],
    gradFunc: (_dy, saved) =>
      Object.fromEntries(inputNames.map((name, i) => [name, () => tf.zeros(saved[i].shape, 'float32')])),
  });
}

const eluGradient: GradConfig = {
  kernelName: 'Elu',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({
    x: () => {
      const slope = tf.where(tf.greater(x, 0), tf.onesLike(x), tf.exp(tf.minimum(x, 0)));
      return tf.mul(dy as Tensor, slope);
    },
  }),
};

/** σ(x) σ(-x), where TensorFlow.js has y (1 - y), which is rounding error for large x. */
const sigmoidGradient: GradConfig = {
  kernelName: 'Sigmoid',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => tf.mul(dy as Tensor, tf.mul(tf.sigmoid(x), tf.sigmoid(tf.neg(x)))) }),
};

/** 4 σ(2x) σ(-2x), where TensorFlow.js has 1 - y². */
const tanhGradient: GradConfig = {
  kernelName: 'Tanh',
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({
    x: () => {
      const twice = tf.mul(x, 2);
      return tf.mul(dy as Tensor, tf.mul(tf.mul(tf.sigmoid(twice), tf.sigmoid(tf.neg(twice))), 4));
    },
  }),
};

/**
 * y (dy - Σ dy y), with the entry of dy at the largest y taken off dy first: since y sums to 1 that changes nothing, but
 * where one y is nearly 1 the difference would be rounding error.
 */
const softmaxGradient: GradConfig = {
  kernelName: 'Softmax',
  inputsToSave: ['logits'],
  outputsToSave: [true],
  gradFunc: (dy, [logits, saved], attrs: NamedAttrMap) => {
    const dim = (attrs as unknown as { dim: number }).dim;
    return {
      logits: () => {
        const y = isDifferentiated() ? (tf.engine().runKernel('Softmax', { logits }, attrs) as Tensor) : saved;
        const peak = tf.cast(tf.equal(y, tf.max(y, dim, true)), 'float32');
        const atPeak = tf.div(tf.sum(tf.mul(dy as Tensor, peak), dim, true), tf.sum(peak, dim, true));
        const shifted = tf.sub(dy as Tensor, atPeak);
        return tf.mul(y, tf.sub(shifted, tf.sum(tf.mul(shifted, y), dim, true)));
      },
    };
  },
};

/** A gradient summed over the axes along which its operand was repeated. */
function sumTo(gradient: Tensor, operand: Tensor): Tensor {
  const axes = tf.broadcast_util.getReductionAxes(operand.shape, gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, operand.shape);
}

/** Gradients of binary kernels which TensorFlow.js only has for operands of one shape. */
const broadcastingGradients: readonly GradConfig[] = [
  {
    kernelName: 'SquaredDifference',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => {
      const slope = () => tf.mul(dy as Tensor, tf.mul(tf.scalar(2), tf.sub(a, b)));
      return { a: () => sumTo(slope(), a), b: () => sumTo(tf.neg(slope()), b) };
    },
  },
  chosenOperand('Maximum', tf.greaterEqual),
  chosenOperand('Minimum', tf.lessEqual),
];

function chosenOperand(kernelName: string, first: (a: Tensor, b: Tensor) => Tensor): GradConfig {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => ({
      a: () => sumTo(tf.mul(dy as Tensor, tf.cast(first(a, b), 'float32')), a),
      b: () => sumTo(tf.mul(dy as Tensor, tf.cast(tf.logicalNot(first(a, b)), 'float32')), b),
    }),
  };
}

/** TensorFlow.js has none, though its gradient of a product uses this operation. Undefined where an element is 0. */
const cumulativeProductGradient: GradConfig = {
  kernelName: 'Cumprod',
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs: NamedAttrMap) => {
    const { axis, exclusive, reverse } = attrs as unknown as { axis: number; exclusive: boolean; reverse: boolean };
    return {
      x: () => {
        const products = tf.cumprod(x, axis, exclusive, reverse);
        return tf.div(tf.cumsum(tf.mul(dy as Tensor, products), axis, exclusive, !reverse), x);
      },
    };
  },
};

/** TensorFlow.js transposes this gradient by mistake unless the axis is the last one. */
const cumulativeSumGradient: GradConfig = {
  kernelName: 'Cumsum',
  gradFunc: (dy, _saved, attrs: NamedAttrMap) => {
    const { axis, exclusive, reverse } = attrs as unknown as { axis: number; exclusive: boolean; reverse: boolean };
    return { x: () => tf.cumsum(dy as Tensor, axis, exclusive, !reverse) };
  },
};

/** Computes again what a `tf.customGrad` saved, in which log-softmax and the losses are written, where that is differentiated. */
function recomputeCustomGradients(engine: Engine): void {
  const customGrad = engine.customGrad.bind(engine);
  const recomputing =
    (f: CustomGradient): CustomGradient =>
    (...given) => {
      const save = given.at(-1) as (tensors: Tensor[]) => void;
      const inputs = given.slice(0, -1) as Tensor[];
      let count = 0;
      const saveWithInputs = (tensors: Tensor[]) => {
        count = tensors.length;
        save([...tensors, ...inputs]);
      };
      const { value, gradFunc } = f(...inputs, saveWithInputs);
      if (count === 0) save([...inputs]);
      return {
        value,
        gradFunc: (dy, saved) => {
          if (!isDifferentiated()) return gradFunc(dy, saved.slice(0, count));
          let again: Tensor[] = [];
          const once = f(...saved.slice(count), (tensors: Tensor[]) => {
            again = tensors;
          });
          return once.gradFunc(dy, again);
        },
      };
    };
  engine.customGrad = ((f: CustomGradient) => customGrad(recomputing(f))) as Engine['customGrad'];
}
