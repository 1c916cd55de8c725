import type { Tensor } from '@tensorflow/tfjs';

/** One array of parameters of a layer. */
export interface ParameterSpec {
  /** `layer.role`, e.g. `fc1.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Where it starts in the flat vector of all parameters, and how many numbers it has. */
  readonly offset: number;
  readonly size: number;
  /** Initial values are uniform in [-bound, bound]. */
  readonly bound: number;
}

export interface LayerSpec {
  readonly name: string;
  readonly kind: string;
  readonly offset: number;
  readonly size: number;
  /** Numbers that go into a unit and units, of one position. */
  readonly inputs: number;
  readonly outputs: number;
  readonly parameters: readonly ParameterSpec[];
}

/** All parameters of a network. The flat vector holds them layer by layer, in the order in which `forward` names them. */
export interface Architecture {
  readonly layers: readonly LayerSpec[];
  /** Of all layers, in flat order. */
  readonly parameters: readonly ParameterSpec[];
  readonly size: number;
}

/** What a network is written with: each method is a kind of layer with parameters of its own, named by the network. */
export interface Nn {
  /**
   * x · W + b for x [batch × in] or, with a leading model axis, [models × batch × in].
   * @returns x with `units` in its last dimension
   */
  dense(name: string, x: Tensor, units: number): Tensor;
}

/**
 * A network: TensorFlow.js on the activations, `nn` for everything that has parameters. It must treat all leading axes of
 * its input as batch axes, so that one network serves one model and a stack of them.
 * @param time generators: features of the noise level of each input, [batch × timeFeatures]
 */
export type Network = (nn: Nn, x: Tensor, time?: Tensor) => Tensor;
