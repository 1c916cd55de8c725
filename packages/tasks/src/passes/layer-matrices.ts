import type { LayerMatrix } from '@attribution-bench/contract';
import type { Architecture, LayerSpec } from '../nn/architecture/layer.js';

/** The matrices that parameters are made of, in flat order. */
export function layerMatrices({ layers }: Architecture): LayerMatrix[] {
  return layers.map((layer) => {
    const { name, offset, width, outputs } = layer;
    return { layer: name, offset, width, outputs, inputs: inputsOf(layer) };
  });
}

function inputsOf({ kind }: LayerSpec): LayerMatrix['inputs'] {
  switch (kind) {
    case 'dense':
    case 'conv2d':
    case 'conv2dTranspose':
      return 'dense';
    case 'embedding':
      return 'one-hot';
    case 'depthwiseConv2d':
    case 'groupNorm':
    case 'batchNorm':
    case 'bias':
      return 'constant';
  }
}
