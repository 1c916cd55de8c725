import { convolutionKernels } from './convolution.js';
import { elementwiseKernels } from './elementwise.js';
import { gatherKernels } from './gather.js';
import type { Lowerings } from './lowering.js';
import { matMulKernels } from './matmul.js';
import { normalisationKernels } from './normalisation.js';
import { poolingKernels } from './pooling.js';
import { reductionKernels } from './reduction.js';
import { resizeKernels } from './resize.js';
import { shapeKernels } from './shape.js';

/** Every TensorFlow.js kernel that can be compiled; a new group is one more file. */
export const kernels: Lowerings = {
  ...elementwiseKernels,
  ...reductionKernels,
  ...shapeKernels,
  ...matMulKernels,
  ...gatherKernels,
  ...normalisationKernels,
  ...convolutionKernels,
  ...poolingKernels,
  ...resizeKernels,
};
