import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { BenchError, fromPlainError, type PlainError, toPlainError } from '@attribution-bench/contract';
import { openStore } from '@attribution-bench/store';
import PQueue from 'p-queue';
import { readArtifact } from '../artifacts/codec.js';
import { openPool } from '../executors/local/pool.js';
import { temporaryFolder } from '../executors/local/temporary-folder.js';
import type { Plan } from '../model/plan.js';
import { type RetrainJob, retrainingOf } from '../steps/kinds/retrain.js';
import { storeOf, truthsOf } from './pack-rows.js';

export interface TruthVerification {
  readonly task: string;
  readonly rows: readonly VerifiedRow[];
  /** Why none could be compared. */
  readonly failure?: PlainError;
}

export interface VerifiedRow {
  readonly subset: number;
  readonly seed: number;
  /** Whether the retrained model has the stored bytes, and how far its targets are off at most. */
  readonly identical: boolean;
  readonly largestDifference: number;
}

export interface VerifyOptions {
  /** How many rows per task. */
  readonly rows: number;
  readonly jobs: number;
  readonly cancel?: AbortSignal;
}

/**
 * Retrains randomly chosen rows of each task's stored truth in a folder of their own and compares. A task that cannot be
 * verified (TRUTH_INCOMPLETE when it has no stored row, CANCELLED, or what retraining failed with) says so, and the others
 * are all the same.
 */
export async function verifyTruth(plan: Plan, options: VerifyOptions): Promise<TruthVerification[]> {
  const store = storeOf(plan);
  const folder = await temporaryFolder('verify');
  const fresh = openStore(folder);
  const pool = openPool(options.jobs, folder, plan.environment);
  const queue = new PQueue({ concurrency: pool.threads });
  try {
    const verify = async (groups: readonly RetrainJob[]): Promise<VerifiedRow[]> => {
      const rows = await drawRows(groups, options.rows, (ref) => store.isSound(ref));
      if (rows.length === 0) throw incomplete('no retraining is stored');
      const { dataset, generated } = groups[0].task;
      for (const input of [dataset, ...(generated === undefined ? [] : [generated])]) {
        if (!(await store.isSound(input))) throw incomplete('its points are not stored');
        await fresh.copyFrom(store, input);
      }
      const retrain = async (job: RetrainJob): Promise<void> => {
        const work = pool.start(job, () => undefined);
        const onCancel = () => work.cancel();
        options.cancel?.addEventListener('abort', onCancel);
        if (options.cancel?.aborted === true) onCancel();
        const result = await work.result;
        options.cancel?.removeEventListener('abort', onCancel);
        if (result.status === 'cancelled') throw cancelled();
        if (result.status === 'failed') throw fromPlainError(result.error);
      };
      await queue.addAll([...new Set(rows.map(({ group }) => group))].map((group) => () => retrain(group)));
      const verified = rows.map(async ({ subset, seed, output }): Promise<VerifiedRow> => {
        const codec = retrainingOf(groups[0].task.spec);
        const before = await readArtifact(store, output, codec);
        const now = await readArtifact(fresh, output, codec);
        const differences = Array.from(now.targets, (value, i) => Math.abs(value - before.targets[i]));
        const largestDifference = differences.reduce((most, value) => Math.max(most, value), 0);
        const identical = before.weights === now.weights && largestDifference === 0;
        return { subset, seed, identical, largestDifference };
      });
      return Promise.all(verified);
    };
    const verifications: TruthVerification[] = [];
    for (const { planned, groups } of truthsOf(plan)) {
      const task = planned.task.id;
      try {
        verifications.push({ task, rows: await verify(groups) });
      } catch (error) {
        verifications.push({ task, rows: [], failure: { place: task, ...toPlainError(error) } });
      }
    }
    return verifications;
  } finally {
    await pool.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Row {
  readonly subset: number;
  readonly seed: number;
  readonly output: RetrainJob['subsets'][number]['output'];
  readonly group: RetrainJob;
}

/** Up to `count` distinct stored rows, in order. */
async function drawRows(
  groups: readonly RetrainJob[],
  count: number,
  isStored: (ref: Row['output']) => Promise<boolean>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const group of groups)
    for (const { subset, output } of group.subsets)
      if (await isStored(output)) rows.push({ subset, output, seed: group.retrainSeed, group });
  while (rows.length > count) rows.splice(randomInt(rows.length), 1);
  return rows.sort((a, b) => a.subset - b.subset || a.seed - b.seed);
}

function incomplete(message: string): BenchError {
  return new BenchError({
    code: 'TRUTH_INCOMPLETE',
    message,
    next: 'run bench truth build first',
  });
}

function cancelled(): BenchError {
  return new BenchError({
    code: 'CANCELLED',
    message: 'stopped before all rows were verified',
  });
}
