import { existsSync } from 'node:fs';
import { isAddress } from '@attribution-bench/contract';
import { checkExtractor } from '@attribution-bench/tasks';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';

/**
 * Whether the feature extractors that steps use are those that their checksums say. What is stored under a checksum stays
 * true without the file, so that one is missed only where there is something to do with it.
 * @throws BenchError FEATURES_FILE, FEATURES_CHECKSUM
 */
export async function checkExtractors(steps: readonly PlannedStep[]): Promise<void> {
  const checked = new Set<string>();
  for (const { job, needed } of steps) {
    const extractor = definitionOf(job).code?.(job).extractor;
    if (extractor === undefined || isAddress(extractor.file) || !(needed || existsSync(extractor.file))) continue;
    const known = `${extractor.file}\n${extractor.sha256}`;
    if (checked.has(known)) continue;
    checked.add(known);
    await checkExtractor(extractor);
  }
}
