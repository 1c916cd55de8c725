import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { type ResizeGrid, repeats, resizeMatrix } from '../resize-matrix.js';

type Pool = Parameters<typeof tf.backend_util.computePool2DInfo>;
interface PoolAttributes {
  readonly filterSize: Pool[1];
  readonly strides: Pool[2];
  readonly pad: Pool[4];
}

const run = (kernel: string, inputs: Record<string, Tensor>, attributes: object): Tensor =>
  tf.engine().runKernel(kernel, inputs, attributes as NamedAttrMap) as Tensor;

const zeros = ({ shape }: Tensor): Tensor => tf.zeros(shape, 'float32');

/** Convolution is linear in each of its operands, so the gradients of its gradients are convolutions too. */
const convolutionFilterGradient: GradConfig = {
  kernelName: 'Conv2DBackpropFilter',
  inputsToSave: ['x', 'dy'],
  gradFunc: (dw, [x, dy], attrs) => {
    const { filterShape, ...geometry } = attrs as NamedAttrMap & { filterShape: number[] };
    const filter = dw as Tensor;
    return {
      x: () => run('Conv2DBackpropInput', { dy, filter }, { ...geometry, inputShape: x.shape }),
      dy: () => run('Conv2D', { x, filter }, { ...geometry, dilations: 1 }),
    };
  },
};

const depthwiseInputGradient: GradConfig = {
  kernelName: 'DepthwiseConv2dNativeBackpropInput',
  inputsToSave: ['dy', 'filter'],
  gradFunc: (ddx, [dy, filter], attrs) => {
    const { inputShape, ...geometry } = attrs as NamedAttrMap & { inputShape: number[] };
    const x = ddx as Tensor;
    return {
      dy: () => run('DepthwiseConv2dNative', { x, filter }, { dataFormat: 'NHWC', ...geometry }),
      filter: () => run('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...geometry, filterShape: filter.shape }),
    };
  },
};

const depthwiseFilterGradient: GradConfig = {
  kernelName: 'DepthwiseConv2dNativeBackpropFilter',
  inputsToSave: ['x', 'dy'],
  gradFunc: (dw, [x, dy], attrs) => {
    const { filterShape, ...geometry } = attrs as NamedAttrMap & { filterShape: number[] };
    const filter = dw as Tensor;
    return {
      x: () => run('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...geometry, inputShape: x.shape }),
      dy: () => run('DepthwiseConv2dNative', { x, filter }, { dataFormat: 'NHWC', ...geometry }),
    };
  },
};

/** Whether AvgPoolGrad of the backend in use spreads errors over padding too, as all do but TensorFlow's own library. */
function spreadsOverPadding(): boolean {
  return tf.getBackend() !== 'tensorflow';
}

/**
 * How much more the error of each window counts where part of it is padding: TensorFlow.js averages over what is
 * there, yet spreads the error over the whole window. [1, out height, out width, 1]
 */
function paddingCorrection(shape: readonly number[], attributes: PoolAttributes): Tensor {
  const info = tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    attributes.filterSize,
    attributes.strides,
    1,
    attributes.pad,
  );
  const present = (out: number, stride: number, length: number, before: number, size: number) =>
    Array.from({ length: out }, (_, i) => {
      const start = i * stride - before;
      return Math.min(start + length, size) - Math.max(start, 0);
    });
  const { filterHeight, filterWidth, padInfo } = info;
  const rows = present(info.outHeight, info.strideHeight, filterHeight, padInfo.top, info.inHeight);
  const columns = present(info.outWidth, info.strideWidth, filterWidth, padInfo.left, info.inWidth);
  const factors = rows.flatMap((row) => columns.map((column) => (filterHeight * filterWidth) / (row * column)));
  return tf.tensor(factors, [1, info.outHeight, info.outWidth, 1], 'float32');
}

const averagePoolGradient: GradConfig = {
  kernelName: 'AvgPool',
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => {
    const attributes = attrs as unknown as PoolAttributes;
    return {
      x: () => {
        const error = spreadsOverPadding()
          ? tf.mul(dy as Tensor, paddingCorrection(x.shape, attributes))
          : (dy as Tensor);
        return run('AvgPoolGrad', { dy: error, input: x }, attributes);
      },
    };
  },
};

const averagePoolSecondGradient: GradConfig = {
  kernelName: 'AvgPoolGrad',
  inputsToSave: ['input'],
  gradFunc: (ddx, [input], attrs) => {
    const attributes = attrs as unknown as PoolAttributes;
    return {
      dy: () => {
        const means = run('AvgPool', { x: ddx as Tensor }, attributes);
        return spreadsOverPadding() ? tf.div(means, paddingCorrection(input.shape, attributes)) : means;
      },
      input: () => zeros(input),
    };
  },
};

/** The error of a maximum goes to one element of each window; so does the derivative of that. */
const maxPoolSecondGradient: GradConfig = {
  kernelName: 'MaxPoolGrad',
  inputsToSave: ['dy', 'input', 'output'],
  gradFunc: (ddx, [dy, input, output], attrs) => {
    const attributes = attrs as unknown as PoolAttributes;
    return {
      dy: () => {
        const info = tf.backend_util.computePool2DInfo(
          input.shape as [number, number, number, number],
          attributes.filterSize,
          attributes.strides,
          1,
          attributes.pad,
        );
        if (info.strideHeight < info.filterHeight || info.strideWidth < info.filterWidth)
          throw new Error('second derivatives of max pooling with overlapping windows are not supported');
        const chosen = run('MaxPoolGrad', { dy: tf.onesLike(dy), input, output }, attributes);
        const means = run('AvgPool', { x: tf.mul(ddx as Tensor, chosen) }, attributes);
        const windowSize = info.filterHeight * info.filterWidth;
        return tf.div(tf.mul(means, windowSize), paddingCorrection(input.shape, attributes));
      },
      input: () => zeros(input),
      output: () => zeros(output),
    };
  },
};

/** TensorFlow.js ignores `halfPixelCenters` in this gradient, and cannot differentiate it. */
const resizeGradient = (kernelName: string, method: 'nearest' | 'bilinear'): GradConfig => ({
  kernelName,
  inputsToSave: ['images'],
  gradFunc: (dy, [images], attrs) => {
    const grid = attrs as unknown as ResizeGrid;
    const error = dy as tf.Tensor4D;
    const [, height, width] = images.shape;
    const [, newHeight, newWidth] = error.shape;
    const [rows, columns] = [repeats(height, newHeight, grid), repeats(width, newWidth, grid)];
    return {
      images: () => {
        if (method === 'nearest' && rows !== undefined && columns !== undefined)
          return tf.mul(tf.avgPool(error, [rows, columns], [rows, columns], 'valid'), rows * columns);
        const down = tf.tensor(resizeMatrix(height, newHeight, method, grid), [newHeight, height]);
        const across = tf.tensor(resizeMatrix(width, newWidth, method, grid), [newWidth, width]);
        const planes = tf.transpose(error, [0, 3, 1, 2]);
        const narrow = tf.matMul(planes, tf.broadcastTo(across, [...planes.shape.slice(0, 2), newWidth, width]));
        const back = tf.matMul(tf.broadcastTo(down, [...planes.shape.slice(0, 2), newHeight, height]), narrow, true);
        return tf.transpose(back, [0, 2, 3, 1]);
      },
    };
  },
});

/** Gradients of convolution, pooling and resizing that TensorFlow.js lacks or gets wrong. */
export const spatialGradients: readonly GradConfig[] = [
  convolutionFilterGradient,
  depthwiseInputGradient,
  depthwiseFilterGradient,
  averagePoolGradient,
  averagePoolSecondGradient,
  maxPoolSecondGradient,
  resizeGradient('ResizeNearestNeighbor', 'nearest'),
  resizeGradient('ResizeBilinear', 'bilinear'),
];
