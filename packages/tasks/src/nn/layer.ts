import type { Tensor } from '@tensorflow/tfjs';
import type { Patches } from './patches.js';

/** One array of parameters of a layer. */
export interface ParameterSpec {
  /** `layer.role`, e.g. `fc1.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Where it starts in the flat vector of all parameters, and how many numbers it has. */
  readonly offset: number;
  readonly size: number;
  /** Initial values are uniform within `bound` of `centre`. */
  readonly bound: number;
  readonly centre?: number;
}

/**
 * A layer's flat parameters are the [width × outputs] matrix that each output position multiplies its inputs by, row-major.
 * The last input is the constant 1 where there is a bias.
 */
export interface LayerSpec {
  readonly name: string;
  readonly kind: 'dense' | 'conv2d' | 'groupNorm';
  readonly offset: number;
  readonly size: number;
  /** Numbers that go into a unit at one position, the constant included, and units. */
  readonly width: number;
  readonly outputs: number;
  readonly bias: boolean;
  /** Of one row: what the layer is given and what it puts out. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Places at which the layer's matrix is used in one row. */
  readonly positions: number;
  /** Convolutions: which inputs each position sees. */
  readonly patches?: Patches;
  readonly parameters: readonly ParameterSpec[];
}

/** All parameters of a network. The flat vector holds them layer by layer, in the order in which `forward` names them. */
export interface Architecture {
  readonly layers: readonly LayerSpec[];
  /** Of all layers, in flat order. */
  readonly parameters: readonly ParameterSpec[];
  readonly size: number;
  /** Of one row: numbers that go into and come out of all layers, and multiplications. */
  readonly activations: number;
  readonly multiplications: number;
}

export interface DenseOptions {
  /** Default true. */
  readonly bias?: boolean;
}

export interface Conv2dOptions {
  /** Output channels. */
  readonly filters: number;
  /** Side of the square filter, pixels. */
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros around the input: a number of pixels on every side, or as in TensorFlow. Default `same`. */
  readonly padding?: number | 'same' | 'valid';
  /** Default true. */
  readonly bias?: boolean;
}

/** What a network is written with: each method is a kind of layer with parameters of its own, named by the network. */
export interface Nn {
  /**
   * x · W + b for x [batch × ... × in].
   * @param options.bias default true
   * @returns x with `units` in its last dimension
   */
  dense(name: string, x: Tensor, units: number, options?: DenseOptions): Tensor;
  /**
   * Convolution of images [batch × height × width × in] with weights [kernel × kernel × in × filters].
   * @returns [batch × height × width × filters]
   */
  conv2d(name: string, x: Tensor, options: Conv2dOptions): Tensor;
  /**
   * Group normalisation (Wu and He 2018): the channels of [batch × ... × channels] are standardised in `groups` groups
   * over all positions of a sample, then scaled and shifted by channel. No sample depends on another.
   */
  groupNorm(name: string, x: Tensor, groups: number): Tensor;
}

/**
 * TensorFlow.js on the activations, `nn` for everything that has parameters.
 * @param x [batch × ...input shape]
 * @param time generators: features of the noise level of each input, [batch × timeFeatures]
 * @returns [batch × outputs]
 */
export type Forward = (nn: Nn, x: Tensor, time?: Tensor) => Tensor;

export interface Network {
  readonly forward: Forward;
  /**
   * Whether `forward` treats all leading axes as batch axes, so that it also serves a stack of models,
   * [models × batch × ...], in one go. Others are run model by model.
   */
  readonly stackable: boolean;
}
