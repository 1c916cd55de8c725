import type { NumericArray } from '@attribution-bench/contract';
import type { TensorSpec } from '@attribution-bench/onnx';
import type { Tensors } from '@attribution-bench/tfjs-onnx';
import type { Tensor } from '@tensorflow/tfjs';
import type { Architecture, Parameters } from '../nn/architecture/layer.js';
import type { Interpreter } from '../nn/interpreters/apply.js';
import { dropoutMasks } from './dropout-masks.js';
import { type Noise, withNoise } from './noise.js';
import type { Recipe } from './recipe.js';

/** What is trained: the loss of each sample of a batch, given what a step of the training graph is fed. */
export interface Objective {
  readonly architecture: Architecture;
  readonly recipe: Recipe;
  /** Rows of the training set. */
  readonly points: number;
  /** Arrays with a row for each of them. */
  readonly pointArrays: Readonly<Record<string, Float32Array>>;
  /** Shape of a row of each. */
  readonly pointShapes: Readonly<Record<string, readonly number[]>>;
  /** Other arrays that all steps share. */
  readonly shared: Readonly<Record<string, NumericArray>>;
  readonly sharedSpecs: Readonly<Record<string, TensorSpec>>;
  /**
   * Loss of each sample, [models × batch].
   * @param parameters with a leading model axis; statistics and masks of dropouts likewise
   * @param step `rows` [models × batch], those rows of each array of points, each `noise` with a leading model axis, and what is
   * shared
   * @param interpret what runs the network's layers; default: plainly
   */
  losses(parameters: Parameters, step: Tensors, interpret?: Interpreter): Tensor;
  /** Random numbers that one model needs in one step. */
  readonly noise?: Noise;
  /** Decay of a moving average of the parameters, which is then what training yields. */
  readonly average?: number;
}

/** All random numbers that one model needs in one step: the objective's own, and the masks of its network's dropouts. */
export function stepNoise({ architecture: { dropouts }, recipe, noise }: Objective): Noise | undefined {
  return withNoise(noise, dropouts.length === 0 ? undefined : dropoutMasks(dropouts, recipe.batch));
}
