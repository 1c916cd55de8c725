import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, type Json } from '@attribution-bench/contract';
import { writeTruthPack } from '@attribution-bench/store';
import { withoutPlaces } from '@attribution-bench/tasks';
import { readArtifact } from '../artifacts/codec.js';
import { runSanity } from '../artifacts/training-run.js';
import { truthArtifact } from '../artifacts/truth.js';
import type { Plan } from '../model/plan.js';
import { readQueryIds } from '../steps/read-data.js';
import { indexSteps } from '../steps/step-index.js';
import { storeOf, truthsOf } from './pack-rows.js';

export interface ExportedPack {
  readonly task: string;
  readonly file: string;
  readonly bytes: number;
}

/**
 * Writes one truth pack a task, `<task>-<key>.safetensors`.
 * @param options.folder default `truth` of the results folder
 * @throws BenchError TRUTH_INCOMPLETE when not everything is computed yet
 */
export async function exportTruth(plan: Plan, options: { readonly folder?: string } = {}): Promise<ExportedPack[]> {
  const store = storeOf(plan);
  const steps = indexSteps(plan.steps);
  const packs: ExportedPack[] = [];
  for (const { task, planned, truth, job, groups } of truthsOf(plan)) {
    const { key: taskKey, fingerprint, info, first = '' } = planned;
    const trained = steps.get(first)?.outputs[0];
    if (!(await store.has(job.output)) || trained === undefined || !(await store.has(trained)))
      throw new BenchError({
        code: 'TRUTH_INCOMPLETE',
        place: task.id,
        message: `${truth.cached} of ${truth.total} retrainings are stored`,
        next: 'run bench truth build first',
      });
    const { key } = truth;
    const { members, outputs, losses, weights } = await readArtifact(store, job.output, truthArtifact);
    const file = join(
      options.folder ?? join(plan.resultsFolder, 'truth'),
      `${task.id}-${key.slice(0, 12)}.safetensors`,
    );
    await writeTruthPack(file, {
      task: task.id,
      key,
      taskKey,
      ...(fingerprint !== undefined && { fingerprint }),
      engine: String(job.output.made.engine),
      spec: withoutPlaces(task.spec) as unknown as Json,
      train: info.train,
      ...job.rule,
      retrainSeeds: job.retrainSeeds,
      members,
      outputs,
      losses,
      weights,
      queryIds: await readQueryIds(store, groups[0].task),
      sanity: await readArtifact(store, trained, runSanity),
    });
    packs.push({ task: task.id, file, bytes: (await stat(file)).size });
  }
  return packs;
}
