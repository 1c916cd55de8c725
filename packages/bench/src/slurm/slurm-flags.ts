import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError } from '@attribution-bench/contract';
import type { OpenExecutor, Plan } from '@attribution-bench/runner';
import { Option } from 'commander';
import { among, type FlagValues } from '../flags.js';
import { trialOptions } from '../trial-options.js';
import { workspaceFolder } from '../workspace.js';

/** Where steps are done, and how they are sent there. */
export interface ExecutorFlags {
  executor?: 'local' | 'slurm';
  profile?: string;
  pinCpu?: true;
}

export function executorOptions(): Option[] {
  return [
    among(
      new Option('--executor <name>', 'local: threads of this machine; slurm: tasks on the nodes of a cluster').default(
        'local',
      ),
      ['local', 'slurm'],
    ),
    new Option(
      '--profile <file>',
      'with --executor slurm: how jobs are submitted (default: configs/executors/slurm.yaml, where it exists)',
    ),
    new Option('--pin-cpu', 'with --executor slurm: keep to the kind of processors of the first task'),
  ];
}

/** @throws BenchError FLAG_ALONE for flags about jobs where there are none */
export function checkExecutorFlags({ executor, profile, pinCpu }: ExecutorFlags): void {
  if (executor === 'slurm') return;
  const stray = profile !== undefined ? 'profile' : pinCpu ? 'pin-cpu' : undefined;
  if (stray === undefined) return;
  throw new BenchError({
    code: 'FLAG_ALONE',
    place: `--${stray}`,
    message: 'says how jobs are submitted, and none are',
    next: 'add --executor slurm',
  });
}

interface Surroundings {
  note(line: string): void;
  /** Stops the command. */
  readonly cancel: AbortController;
}

/** What has the steps of a plan done by Slurm. @throws BenchError and GridErrors for what is wrong with the profile */
export async function onSlurm(
  plan: Plan,
  { profile: named, pinCpu, jobs }: ExecutorFlags & Pick<FlagValues, 'jobs'>,
  { note, cancel }: Surroundings,
): Promise<OpenExecutor> {
  const { defaultProfile, predictSteps, readProfile, slurmExecutor } = await import('@attribution-bench/runner/slurm');
  const standard = join(workspaceFolder(), 'configs/executors/slurm.yaml');
  const file = named ?? (existsSync(standard) ? standard : undefined);
  const profile = file === undefined ? defaultProfile : await readProfile(file);
  const { cpus, memory } = profile;
  const command = fileURLToPath(new URL('../../bin/bench.js', import.meta.url));
  return slurmExecutor(plan, {
    profile,
    pinCpu: pinCpu === true,
    argv: [process.execPath, command, 'slurm-task'],
    cwd: process.cwd(),
    predict: () => predictSteps(plan, { cpus, memory }, { jobs, cancel: cancel.signal, ...trialOptions(note) }),
    note,
    onTakenBack() {
      note('the jobs were taken back (bench cancel)');
      cancel.abort();
    },
  });
}
