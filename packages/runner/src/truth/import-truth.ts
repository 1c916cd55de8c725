import { BenchError } from '@attribution-bench/contract';
import { readTruthPack, type TruthPack } from '@attribution-bench/store';
import { writeArtifact } from '../artifacts/codec.js';
import type { Plan } from '../model/plan.js';
import { drawSubsets } from '../steps/draw-subsets.js';
import { retrainingOf } from '../steps/kinds/retrain.js';
import { readQueryIds } from '../steps/read-data.js';
import { storeOf, type TruthOfTask, truthsOf } from './pack-rows.js';

export interface ImportedPack {
  readonly task: string;
  /** Retrainings that were not stored before, and those that were. */
  readonly added: number;
  readonly present: number;
}

/**
 * Puts the retrainings of a pack into the store, those that the plan asks for: a pack with more or fewer subsets or seeds
 * serves too. What was retrained is taken on trust (`bench truth verify` checks it); that it belongs here is not.
 * @throws BenchError TRUTH_PACK_MISSING, TRUTH_PACK_INVALID, TRUTH_PACK_MISMATCH
 */
export async function importTruth(plan: Plan, file: string): Promise<ImportedPack> {
  const pack = await readTruthPack(file);
  const store = storeOf(plan);
  const { task, planned, job, groups } = matching(truthsOf(plan), pack, file);
  const { info } = planned;
  const membersOf = await drawSubsets(store, job.task, job.rule);
  const queryIds = await readQueryIds(store, groups[0].task);
  if (pack.train !== info.train || pack.queryIds.join('\n') !== queryIds.join('\n'))
    throw mismatch(file, `has other training or query points than task "${task.id}"`);
  for (const [subset, members] of pack.members.entries())
    if (membersOf(subset).join() !== members.join())
      throw mismatch(file, `has another subset ${subset} than task "${task.id}" draws`);
  const queries = queryIds.length;
  let added = 0;
  let present = 0;
  for (const { retrainSeed, subsets } of groups)
    for (const { subset, output } of subsets) {
      if (subset >= pack.members.length || retrainSeed >= pack.retrainSeeds) continue;
      if (await store.has(output)) {
        present++;
        continue;
      }
      const row = subset * pack.retrainSeeds + retrainSeed;
      await writeArtifact(store, output, retrainingOf(task.spec), {
        targets: pack.outputs.slice(row * queries, (row + 1) * queries),
        loss: pack.losses[row],
        weights: pack.weights[row],
      });
      added++;
    }
  return { task: task.id, added, present };
}

function matching(truths: readonly TruthOfTask[], pack: TruthPack, file: string): TruthOfTask {
  const { taskKey, engine, fraction, stratified, by, balanced, seeds } = pack;
  const sameTask = truths.filter(({ planned }) => planned.key === taskKey);
  const namesake = truths.find(({ planned }) => planned.task.id === pack.task)?.planned;
  if (sameTask.length === 0 && namesake !== undefined && namesake.fingerprint !== pack.fingerprint)
    throw mismatch(file, `is of other data than task "${pack.task}" reads`, 'use the data that it was exported with');
  if (sameTask.length === 0) throw mismatch(file, `is of task "${pack.task}", which is not in the grid as it was then`);
  const same = sameTask.find(
    ({ job: { output, rule } }) =>
      output.made.engine === engine &&
      rule.fraction === fraction &&
      rule.stratified === stratified &&
      rule.by === by &&
      rule.balanced === balanced &&
      rule.seeds === seeds,
  );
  if (same !== undefined) return same;
  const kind =
    stratified === true ? 'class-stratified subsets' : by === 'group' ? 'subsets of whole groups' : 'subsets';
  const how = `${balanced === true ? ' in turn' : ''} and ${seeds === undefined ? 'fresh seeds' : 'the seed kept'}`;
  throw mismatch(file, `was made by engine ${engine} with ${kind} of ${fraction}${how}`);
}

function mismatch(
  file: string,
  message: string,
  next = 'use the grid file and engine that it was exported with',
): BenchError {
  return new BenchError({
    code: 'TRUTH_PACK_MISMATCH',
    place: file,
    message,
    next,
  });
}
