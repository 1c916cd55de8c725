import type { KernelFunc, NamedAttrMap, NamedTensorInfoMap, Tensor } from '@tensorflow/tfjs';
import { tf } from '../tensorflow.js';

const backendName = 'tensorflow';

/** Rows of zeros before and after each axis, [4 × 2]. */
type Paddings = [number, number][];

/** Attributes of a convolution or of its gradients. */
interface Geometry {
  readonly pad: 'same' | 'valid' | number | Paddings;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly inputShape?: number[];
}

/** A kernel of tfjs-node under other inputs and attributes. */
type Run = (inputs: Record<string, Tensor>, geometry: Geometry) => Tensor;
type Padded = (run: Run, inputs: Record<string, Tensor>, geometry: Geometry, paddings: Paddings) => Tensor;

const padInput: Padded = (run, inputs, geometry, paddings) =>
  run({ ...inputs, x: tf.pad(inputs.x, paddings) }, { ...geometry, pad: 'valid' });

const cropResult: Padded = (run, inputs, geometry, paddings) => {
  const { inputShape = [] } = geometry;
  const padded = inputShape.map((size, axis) => size + paddings[axis][0] + paddings[axis][1]);
  const whole = run(inputs, { ...geometry, pad: 'valid', inputShape: padded });
  const corner = paddings.map(([before]) => before);
  return tf.slice(whole, corner, inputShape);
};

const convolutions: Readonly<Record<string, Padded>> = {
  Conv2D: padInput,
  Conv2DBackpropFilter: padInput,
  Conv2DBackpropInput: cropResult,
  DepthwiseConv2dNative: padInput,
  DepthwiseConv2dNativeBackpropFilter: padInput,
  DepthwiseConv2dNativeBackpropInput: cropResult,
};

/**
 * Lets the convolutions of tfjs-node, which knows `same` and `valid` only, take padding in pixels: the image is padded
 * before a `valid` convolution.
 */
export function installNativePadding(): void {
  for (const [kernelName, padded] of Object.entries(convolutions)) {
    const config = tf.getKernel(kernelName, backendName);
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ ...config, kernelFunc: withPadding(config.kernelFunc, padded) });
  }
}

function withPadding(kernelFunc: KernelFunc, padded: Padded): KernelFunc {
  return (call) => {
    const geometry = call.attrs as unknown as Geometry;
    const paddings = paddingsOf(geometry);
    if (paddings === undefined) return kernelFunc(call);
    const run: Run = (inputs, attrs) =>
      kernelFunc({ ...call, inputs: inputs as NamedTensorInfoMap, attrs: attrs as unknown as NamedAttrMap }) as Tensor;
    return tf.tidy(() => padded(run, call.inputs as Record<string, Tensor>, geometry, paddings));
  };
}

function paddingsOf({ pad, dataFormat }: Geometry): Paddings | undefined {
  if (pad === 'same' || pad === 'valid' || dataFormat === 'NCHW') return undefined;
  return typeof pad === 'number'
    ? [
        [0, 0],
        [pad, pad],
        [pad, pad],
        [0, 0],
      ]
    : pad;
}
