import { join } from 'node:path';
import { writeForeignTruth } from '@attribution-bench/exchange';
import { readArtifact } from '../artifacts/codec.js';
import { foreignArtifact } from '../artifacts/foreign-truth.js';
import type { Plan } from '../model/plan.js';
import { foreignTruthStep } from '../steps/kinds/foreign-truth.js';
import { storeOf } from './pack-rows.js';

/** A truth that others published, written again. */
export interface ExportedForeign {
  readonly task: string;
  readonly folder: string;
}

/**
 * Writes the truth of each foreign task as a folder `<task>-<key>` in the layout it is imported from.
 * @param parent default `truth` of the results folder
 */
export async function exportForeign(
  plan: Plan,
  parent = join(plan.resultsFolder, 'truth'),
): Promise<ExportedForeign[]> {
  const store = storeOf(plan);
  const exported: ExportedForeign[] = [];
  for (const { task, key, foreign } of plan.tasks) {
    if (foreign === undefined) continue;
    const truth = await readArtifact(store, { kind: foreignTruthStep.kind, key }, foreignArtifact);
    const folder = join(parent, `${task.id}-${key.slice(0, 12)}`);
    await writeForeignTruth(folder, truth);
    exported.push({ task: task.id, folder });
  }
  return exported;
}
