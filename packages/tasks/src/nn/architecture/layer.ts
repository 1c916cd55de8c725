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
  /** Initial values are uniform within `bound` of `centre`, or normal around it with this `deviation`. */
  readonly bound: number;
  readonly centre?: number;
  readonly deviation?: number;
}

/** Tensors by parameter name, each in its declared shape or with a leading model axis; statistics and masks likewise. */
export type Parameters = Readonly<Record<string, Tensor>>;

export type LayerKind =
  | 'dense'
  | 'embedding'
  | 'conv2d'
  | 'depthwiseConv2d'
  | 'conv2dTranspose'
  | 'bias'
  | 'groupNorm'
  | 'batchNorm';

/**
 * A layer's flat parameters are the [width × outputs] matrix that each output position multiplies its inputs by, row-major.
 * The last input is the constant 1 where there is a bias.
 */
export interface LayerSpec {
  readonly name: string;
  readonly kind: LayerKind;
  readonly offset: number;
  readonly size: number;
  /** Numbers that go into a unit at one position, the constant included, and units. */
  readonly width: number;
  readonly outputs: number;
  readonly bias: boolean;
  /** Shapes, for one row, of what the layer is given and of what it puts out. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Places at which the layer's matrix is used in one row. */
  readonly positions: number;
  /** Convolutions: which inputs each position sees; transposed ones: which outputs each input goes to. */
  readonly patches?: Patches;
  /** Depthwise convolutions: which pixels of its channel each output sees. */
  readonly window?: Patches;
  readonly parameters: readonly ParameterSpec[];
  /** Batch normalisation: what training observes. */
  readonly statistics?: readonly Omit<ParameterSpec, 'offset'>[];
}

/** A place where a network drops numbers at random in training. */
export interface DropoutSpec {
  readonly name: string;
  /** Shape of one row. */
  readonly shape: readonly number[];
  /** Share of numbers that are dropped. */
  readonly rate: number;
}

/**
 * All that a model of a network is: its parameters layer by layer, in the order in which `forward` names them, then the
 * statistics that training keeps for its batch normalisations.
 */
export interface Architecture {
  readonly layers: readonly LayerSpec[];
  /** What is trained and what gradients are taken of: those of all layers, in flat order. */
  readonly parameters: readonly ParameterSpec[];
  /** Numbers of all parameters. */
  readonly size: number;
  /** Running means and variances: observed in training, constants to everything else. They follow the parameters. */
  readonly statistics: readonly ParameterSpec[];
  /** Both: the flat vector of a model. */
  readonly arrays: readonly ParameterSpec[];
  readonly dropouts: readonly DropoutSpec[];
  /** Methods of {@link Nn} that the network is written with, sorted. */
  readonly calls: readonly string[];
  /** Numbers that go into and come out of all layers for one row, and multiplications for one row. */
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

export interface DepthwiseConv2dOptions extends Omit<Conv2dOptions, 'filters'> {
  /** Filters of each channel. Default 1. */
  readonly multiplier?: number;
}

export interface EmbeddingOptions {
  /** Number of ids, which are 0, 1, ..., count - 1. */
  readonly count: number;
  /** Numbers that each id is turned into. */
  readonly width: number;
}

export interface BatchNormOptions {
  /** Share of the running statistics that each batch replaces. Default 0.1. */
  readonly momentum?: number;
}

/** What a network is written with: each method is a kind of layer, named by the network. */
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
   * Convolution of each channel of [batch × height × width × in] by itself, with weights [kernel × kernel × in × multiplier].
   * @returns [batch × height × width × (in · multiplier)], the results of a channel side by side
   */
  depthwiseConv2d(name: string, x: Tensor, options: DepthwiseConv2dOptions): Tensor;
  /**
   * Transposed convolution of images [batch × height × width × in] with weights [kernel × kernel × filters × in]: each
   * pixel adds a patch to the result. A bias is a layer of its own, named `name.bias`.
   * @returns [batch × height · stride × width · stride × filters] for `same` padding; (height - 1) · stride + kernel rows
   * for `valid`, and twice the number less for a number
   */
  conv2dTranspose(name: string, x: Tensor, options: Conv2dOptions): Tensor;
  /**
   * A vector of its own for each id (equal to a dense layer without bias on one-hot rows).
   * @param ids [batch × ...], whole numbers from 0 to count - 1 in any type
   * @returns [batch × ... × width]
   */
  embedding(name: string, ids: Tensor, options: EmbeddingOptions): Tensor;
  /**
   * Group normalisation (Wu and He 2018): the channels of [batch × ... × channels] are standardised in `groups` groups
   * over all positions of a sample, then scaled and shifted by channel. No sample depends on another.
   */
  groupNorm(name: string, x: Tensor, groups: number): Tensor;
  /**
   * Batch normalisation (Ioffe and Szegedy 2015): each channel of [batch × ... × channels] is standardised, then scaled
   * and shifted. In training by mean and variance over the batch, of which running ones are kept with the model;
   * everywhere else, gradients included, by the running ones, so that no sample depends on another.
   */
  batchNorm(name: string, x: Tensor, options?: BatchNormOptions): Tensor;
  /**
   * In training a number of [batch × ...] is 0 with probability `rate`, otherwise divided by 1 - rate (Srivastava et al.
   * 2014); what is dropped follows from the seed of the run. Everywhere else x as it is.
   * @param rate at least 0, below 1
   */
  dropout(name: string, x: Tensor, rate: number): Tensor;
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
