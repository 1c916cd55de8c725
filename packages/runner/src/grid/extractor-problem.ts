import {
  BenchError,
  type FeatureExtractor,
  isAddress,
  type ParamSpecs,
  type Params,
} from '@attribution-bench/contract';
import { readExtractor } from '@attribution-bench/tasks';
import { isExtractor } from '../steps/method-context.js';

/**
 * What a run would refuse of the feature extractor that parameters name: no file, no checksum, or another file than the
 * checksum says. Nothing is downloaded for that.
 * @param params with absolute paths
 */
export async function extractorProblem(
  { extractor, space }: Params<ParamSpecs>,
  of: 'method' | 'metric',
): Promise<BenchError | undefined> {
  if (!isExtractor(extractor)) return undefined;
  const isAsked = space === 'onnx' || (of === 'method' && extractor.file !== '');
  return isAsked && !isDownloaded(extractor) ? refusal(extractor) : undefined;
}

function isDownloaded({ file, sha256 }: FeatureExtractor): boolean {
  return isAddress(file) && sha256 !== '';
}

async function refusal(extractor: FeatureExtractor): Promise<BenchError | undefined> {
  try {
    await readExtractor(extractor, { cacheFolder: '', offline: true, log() {} });
    return undefined;
  } catch (error) {
    if (error instanceof BenchError) return error;
    throw error;
  }
}
