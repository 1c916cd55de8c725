import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { writeAtomically } from '@attribution-bench/store';
import type { Plan } from '../model/plan.js';
import { batchScript, sbatchArguments } from './batch-script.js';
import { writePacks } from './pack-file.js';
import type { Pack } from './pack-steps.js';
import type { Profile } from './profile.js';
import { keepJob, keepSubmission, newSubmission, type SlurmRun, type Submission } from './run-folder.js';
import { runSlurm } from './slurm-program.js';
import { signalSeconds } from './time-limit.js';

/** How tasks are started. */
export interface TaskCommand {
  readonly profile: Profile;
  /** Program and arguments that do the pack of a task, before the folder of the submission. */
  readonly argv: readonly string[];
  /** Where it runs. */
  readonly cwd: string;
  readonly pinCpu: boolean;
}

export interface ArrayToSubmit {
  readonly packs: readonly Pack[];
  readonly memoryBytes: number;
  readonly minutes: number;
  readonly limit: number;
  readonly after: readonly string[];
  readonly excludedNodes: readonly string[];
}

/**
 * Writes what the tasks of an array are to do, and submits it. Where the nodes that were left out are too many, none is.
 * @throws BenchError SLURM_FAILED when the scheduler refuses it, STORE_UNWRITABLE, STORE_FULL or STORE_WRITE
 */
export async function submitArray(
  plan: Plan,
  run: SlurmRun,
  array: ArrayToSubmit,
  { profile, argv, cwd, pinCpu }: TaskCommand,
): Promise<Submission & { readonly job: string }> {
  const { packs, memoryBytes, minutes, limit, after, excludedNodes } = array;
  const { name, folder } = await newSubmission(run);
  const submission: Submission = { name, folder, packs: packs.map(({ steps }) => steps), minutes, memoryBytes };
  const seconds = packs.map((pack) => pack.seconds);
  await writePacks(plan, submission, seconds, { cpus: profile.cpus, minutes, pinCpu });
  await keepSubmission(submission);
  const script = join(folder, 'script.sh');
  await writeAtomically(script, batchScript(profile, cwd, [...argv, folder]));
  const request = {
    name,
    tasks: packs.length,
    limit,
    minutes,
    signalSeconds: signalSeconds(minutes * 60_000),
    memoryBytes,
    after,
  };
  const submit = (excluded: readonly string[]) =>
    runSlurm('sbatch', sbatchArguments(profile, { ...request, excludedNodes: excluded }, folder, script));
  const answer = await submit(excludedNodes).catch((error: unknown) => {
    if (excludedNodes.length === 0) throw error;
    return submit([]);
  });
  const job = /^(\d+)(;|\s|$)/.exec(answer)?.[1];
  if (job === undefined)
    throw new BenchError({ code: 'SLURM_FAILED', place: 'sbatch', message: `answers ${JSON.stringify(answer)}` });
  await keepJob(submission, job);
  return { ...submission, job };
}
