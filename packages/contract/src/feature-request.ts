import type { extractorParams, FeatureExtractor } from './features.js';
import type { Checkpoint, FeatureRequest, PointSet } from './method.js';
import type { Params } from './params.js';

/** The request for features of the space that a parameter names, with what that space needs. */
export function featureRequest(
  of: PointSet,
  space: FeatureRequest['space'],
  params: Params<typeof extractorParams>,
  checkpoint: Checkpoint | undefined,
): FeatureRequest {
  if (space === 'inputs') return { of, space };
  if (space === 'penultimate') return checkpoint === undefined ? { of, space } : { of, space, checkpoint };
  return { of, space, extractor: extractorOf(params) };
}

/** The extractor that parameters name. */
export function extractorOf(params: Params<typeof extractorParams>): FeatureExtractor {
  return {
    file: params.extractor,
    sha256: params.extractorSha256,
    size: params.extractorSize,
    layout: params.extractorLayout,
    mean: params.extractorMean,
    std: params.extractorStd,
    output: params.extractorOutput,
    pool: params.extractorPool,
    outputLayout: params.extractorOutputLayout,
  };
}
