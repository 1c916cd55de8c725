import { BenchError, isObject } from '@attribution-bench/contract';
import { z } from 'zod';
import { GridErrors } from '../grid/grid-errors.js';
import { duration, size } from '../grid/schema.js';
import { checkSchema } from '../grid/schema-problems.js';
import { readYaml } from '../grid/yaml-source.js';

/** Flags of sbatch that the bench sets, some of them from other keys of a profile; sbatch takes them shortened too. */
const ownFlags = [
  'account',
  'array',
  'chdir',
  'constraint',
  'cpus-per-task',
  'dependency',
  'error',
  'exclude',
  'gres',
  'hold',
  'input',
  'job-name',
  'mail-type',
  'mail-user',
  'mem',
  'nodes',
  'no-requeue',
  'ntasks',
  'open-mode',
  'output',
  'parsable',
  'partition',
  'qos',
  'requeue',
  'signal',
  'test-only',
  'time',
  'wait',
  'wrap',
] as const;

/** Text of one line: it becomes one argument of sbatch, or a line of the batch script. */
const line = z
  .string()
  .min(1)
  .max(1000)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), {
    error: 'expected one line of text without control characters',
    abort: true,
  });

const flag = line
  .refine((text) => /^--[a-z][a-z-]*(=.*)?$/.test(text), {
    error: 'expected a flag of sbatch with two dashes and its value after "=", such as --reservation=lab',
    abort: true,
  })
  .refine((text) => {
    const name = text.slice(2).split('=')[0];
    return !ownFlags.some((own) => own.startsWith(name));
  }, 'is a flag that the bench sets itself, or that another key of the profile sets: leave it out');

const moduleName = line.refine(
  (text) => /^[A-Za-z0-9][\w./+@-]*$/.test(text),
  'expected the name of a module such as node/20.19',
);

const profileSchema = z.strictObject({
  schema: z.literal('bench/slurm@1'),
  partition: line.optional(),
  account: line.optional(),
  qos: line.optional(),
  constraint: line.optional().describe('features that nodes must have'),
  gres: line.optional(),
  cpus: z.int().min(1).max(4096).default(4).describe('processors of a task, each of which does a step at a time'),
  memory: size.optional().describe('memory of a task, such as 8GiB; default as predicted'),
  time: duration
    .optional()
    .describe('longest time limit of a task; default three times what is predicted, and 15 minutes'),
  tasks: z.int().min(1).max(1_000_000).default(64).describe('tasks that run side by side'),
  pack: z
    .strictObject({
      least: duration.default(10 * 60_000).describe('how long a task is to take at least'),
      most: duration.default(30 * 60_000).describe('and at most, where there is so much to do'),
    })
    .prefault({}),
  poll: duration.default(30_000).describe('how often squeue is asked'),
  modules: z.array(moduleName).default([]).describe('loaded by `module load` before the bench starts'),
  setup: z.array(line).default([]).describe('lines of shell that run before the bench starts'),
  mail: z
    .strictObject({
      user: line,
      type: z.array(z.enum(['BEGIN', 'END', 'FAIL', 'REQUEUE', 'ALL', 'TIME_LIMIT', 'ARRAY_TASKS'])).min(1),
    })
    .optional(),
  flags: z.array(flag).default([]).describe('further flags of sbatch'),
});

/** How jobs are submitted on a cluster; times in ms, memory in bytes. */
export type Profile = z.output<typeof profileSchema>;

export const defaultProfile: Profile = profileSchema.parse({ schema: 'bench/slurm@1' });

/**
 * Reads a profile.
 * @throws GridErrors with one `file:line:col message, next step` a problem; BenchError CONFIG_MISSING or CONFIG_UNREADABLE
 */
export async function readProfile(file: string): Promise<Profile> {
  const source = await readYaml(file).catch((error: unknown) => {
    if (!(error instanceof BenchError) || error.code !== 'CONFIG_MISSING') throw error;
    const next = 'name a profile with --profile, such as a copy of configs/executors/slurm.yaml';
    throw new BenchError({ code: error.code, place: file, message: 'there is no such file', next, cause: error });
  });
  if (!isObject(source.value))
    throw new GridErrors([
      { place: source.place([]), message: 'is not a profile: expected a mapping with schema: bench/slurm@1' },
    ]);
  const checked = checkSchema(profileSchema, source.value, source);
  if (!checked.ok) throw new GridErrors(checked.problems);
  return checked.value;
}
