import type { FusedBatchNormAttrs } from '@tensorflow/tfjs';
import { add, apply, mul, scalar, sub } from '../graph/operators.js';
import type { Lowerings } from './lowering.js';

export const normalisationKernels: Lowerings = {
  FusedBatchNorm: ({ g, inputs: { x, scale, offset, mean, variance }, attributes }) => {
    const { varianceEpsilon } = attributes<FusedBatchNormAttrs>();
    const deviation = apply(g, 'Sqrt', [add(g, variance, scalar(g, varianceEpsilon))]);
    const inverse = apply(g, 'Reciprocal', [deviation]);
    const factor = scale === undefined ? inverse : mul(g, inverse, scale);
    const scaled = mul(g, sub(g, x, mean), factor);
    return offset === undefined ? scaled : add(g, scaled, offset);
  },
};
