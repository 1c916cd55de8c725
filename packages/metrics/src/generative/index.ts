export { authenticPercentage } from './authenticity.js';
export { type DataCopying, dataCopying } from './data-copying.js';
export { type GeneratedSamples, generatorDiagnostics } from './diagnostics.js';
export { type FeatureLikelihood, featureLikelihood } from './feature-likelihood.js';
export { type FeatureLikelihoodPrecision, featureLikelihoodPrecision } from './feature-likelihood-precision.js';
export type { FeatureSets, Permutation } from './feature-sets.js';
export { frechetDistance } from './frechet-distance.js';
export { kernelDistance } from './kernel-distance.js';
export { type PrecisionRecall, precisionRecall } from './precision-recall.js';
