import type { FeatureExtractor } from './features.js';
import type { Checkpoint, FeatureRequest, PointSet } from './method.js';

/** The request for features of the space that a parameter names, with what that space needs. */
export function featureRequest(
  of: PointSet,
  space: FeatureRequest['space'],
  extractor: FeatureExtractor,
  checkpoint: Checkpoint | undefined,
): FeatureRequest {
  if (space === 'inputs') return { of, space };
  if (space === 'penultimate') return checkpoint === undefined ? { of, space } : { of, space, checkpoint };
  return { of, space, extractor };
}
