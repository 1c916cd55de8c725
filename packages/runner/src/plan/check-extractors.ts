import { existsSync } from 'node:fs';
import { extractorOf, extractorParams, isAddress, type ParamSpecs, type Params } from '@attribution-bench/contract';
import { checkExtractor } from '@attribution-bench/tasks';
import type { PlannedStep } from '../model/step.js';

/**
 * Whether the feature extractors that steps name are those that their checksums say. What is stored under a checksum stays
 * true without the file, so that one is missed only where there is something to do with it.
 * @throws BenchError FEATURES_FILE, FEATURES_CHECKSUM
 */
export async function checkExtractors(steps: readonly PlannedStep[]): Promise<void> {
  const checked = new Set<string>();
  for (const { job, needed } of steps) {
    const params = job.kind === 'fit' || job.kind === 'score' ? job.method.params : undefined;
    const given = params ?? (job.kind === 'metric' ? job.params : undefined);
    if (given === undefined || !namesExtractor(given)) continue;
    const extractor = extractorOf(given);
    if (isAddress(extractor.file) || !(needed || existsSync(extractor.file))) continue;
    const known = `${extractor.file}\n${extractor.sha256}`;
    if (checked.has(known)) continue;
    checked.add(known);
    await checkExtractor(extractor);
  }
}

function namesExtractor(params: Params<ParamSpecs>): params is Params<typeof extractorParams> {
  const values: Readonly<Record<string, unknown>> = params;
  return Object.keys(extractorParams).every((name) => values[name] !== undefined) && values.extractor !== '';
}
