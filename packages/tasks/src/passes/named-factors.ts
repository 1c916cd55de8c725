import type { Tensors } from '@attribution-bench/tfjs-onnx';
import type { Architecture } from '../nn/architecture/layer.js';
import { positionFactors } from '../nn/gradients/sample-gradients.js';
import type { Taps } from '../nn/interpreters/tapped.js';

/** Names of the outputs of a program that hold the factors of a layer. */
export const inputName = (layer: string): string => `${layer}:input`;
export const deltaName = (layer: string): string => `${layer}:delta`;

/** Factors of the gradient of every layer, by the names of a program's outputs. */
export function namedFactors({ layers }: Architecture, taps: Readonly<Record<string, Taps>>): Tensors {
  const named: Tensors = {};
  for (const layer of layers) {
    const { input, delta } = positionFactors(layer, taps[layer.name]);
    named[inputName(layer.name)] = input;
    named[deltaName(layer.name)] = delta;
  }
  return named;
}
