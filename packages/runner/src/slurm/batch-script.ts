import { BenchError } from '@attribution-bench/contract';
import type { Profile } from './profile.js';
import { shellQuote } from './shell-quote.js';

/** What an array of tasks asks for. */
export interface ArrayRequest {
  /** Name of its jobs. */
  readonly name: string;
  /** Tasks 0, 1, ..., and how many of them may run at a time. */
  readonly tasks: number;
  readonly limit: number;
  readonly minutes: number;
  /** How long before its time limit a task is told to end, if it is. */
  readonly signalSeconds: number | undefined;
  readonly memoryBytes: number;
  /** Ids of jobs that have to end before. */
  readonly after: readonly string[];
  readonly excludedNodes: readonly string[];
}

/**
 * The pattern of the files that tasks write what they print to, `logs/<index>.log` of a folder.
 * @throws BenchError SLURM_FAILED for a folder whose name turns patterns off
 */
function logPattern(folder: string): string {
  if (folder.includes('\\'))
    throw new BenchError({
      code: 'SLURM_FAILED',
      place: folder,
      message: 'has a backslash in its name, after which Slurm does not number logs',
      next: 'name another folder with --results',
    });
  return `${folder.replaceAll('%', '%%')}/logs/%a.log`;
}

/**
 * The arguments of sbatch for an array.
 * @param folder of the submission
 * @throws BenchError SLURM_FAILED
 */
export function sbatchArguments(profile: Profile, request: ArrayRequest, folder: string, script: string): string[] {
  const { partition, account, qos, constraint, gres, cpus, mail, flags } = profile;
  const { name, tasks, limit, minutes, signalSeconds, memoryBytes, after, excludedNodes } = request;
  const values = {
    'job-name': name,
    array: `0-${tasks - 1}%${limit}`,
    chdir: folder,
    output: logPattern(folder),
    'open-mode': 'append',
    nodes: '1',
    ntasks: '1',
    'cpus-per-task': String(cpus),
    mem: `${Math.ceil(memoryBytes / 2 ** 20)}M`,
    time: String(minutes),
    // To the batch script, which has become the task: signals to job steps would reach nothing.
    signal: signalSeconds === undefined ? undefined : `B:TERM@${signalSeconds}`,
    dependency: after.length === 0 ? undefined : `afterany:${after.join(':')}`,
    exclude: excludedNodes.length === 0 ? undefined : excludedNodes.join(','),
    partition,
    account,
    qos,
    constraint,
    gres,
    'mail-user': mail?.user,
    'mail-type': mail?.type.join(','),
  };
  const given = Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}=${value}`]));
  return ['--parsable', '--requeue', ...given, ...flags, script];
}

/** Says a task how many seconds went by, since its script began, before it became the program. */
export const setupVariable = 'BENCH_SETUP_SECONDS';

/**
 * The script of every task: it becomes the program, so that signals of the scheduler reach that and nothing in between.
 * @param argv program and arguments
 */
export function batchScript({ modules, setup }: Profile, cwd: string, argv: readonly string[]): string {
  return [
    // Only login shells know the command module.
    modules.length === 0 ? '#!/bin/bash' : '#!/bin/bash -l',
    `cd ${shellQuote(cwd)} || exit`,
    ...modules.map((name) => `module load ${shellQuote(name)} || exit`),
    ...setup,
    `${setupVariable}=$SECONDS exec ${argv.map(shellQuote).join(' ')}`,
    '',
  ].join('\n');
}
