import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, hashJson, isObject } from '@attribution-bench/contract';
import { readRegularFile, writeAtomically, writeError } from '@attribution-bench/store';
import type { Plan } from '../model/plan.js';

/**
 * What is known of a run on Slurm, in `slurm/<id>/` of the results folder: `run.json`, and in `submissions/<n>/` each array of
 * tasks with its `submission.json`, `script.sh`, `job` (its id), and `packs/`, `events/` and `logs/` by the number of the task.
 */
export interface SlurmRun {
  readonly id: string;
  readonly folder: string;
  readonly grid: string;
  /** Steps to do when it began. */
  readonly steps: number;
}

/** An array of tasks that was submitted, or is about to be. */
export interface Submission {
  /** Name of its jobs. */
  readonly name: string;
  readonly folder: string;
  /** Ids of the steps of each task. */
  readonly packs: readonly (readonly string[])[];
  readonly minutes: number;
  readonly memoryBytes: number;
  /** Id of the array; absent when nobody could write it down. */
  readonly job?: string;
}

const schema = 'bench/slurm-run@1';

/** Where a task writes its events, and what it prints. */
export function eventsFile({ folder }: Pick<Submission, 'folder'>, index: number): string {
  return join(folder, 'events', `${index}.ndjson`);
}
export function logFile({ folder }: Pick<Submission, 'folder'>, index: number): string {
  return join(folder, 'logs', `${index}.log`);
}
/** There while the jobs of a run were taken back. */
export function cancelledFile({ folder }: Pick<SlurmRun, 'folder'>): string {
  return join(folder, 'cancelled');
}
export function packFile({ folder }: Pick<Submission, 'folder'>, index: number): string {
  return join(folder, 'packs', `${index}.bin`);
}

/** The run that a plan is, the same whenever it is planned: of the same grid, steps and results folder. */
export function slurmRunOf({ grid, steps, resultsFolder }: Plan): SlurmRun {
  const asked = steps.map(({ id, reason }) => (reason === 'forced' ? [id, reason] : id));
  const name = grid.name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 40);
  const id = `${name}-${hashJson([resultsFolder, asked]).slice(0, 8)}`;
  const toDo = steps.filter(({ needed }) => needed).length;
  return { id, folder: join(resultsFolder, 'slurm', id), grid: grid.name, steps: toDo };
}

/** Makes the folder of a run, if it is new. @throws BenchError STORE_UNWRITABLE, STORE_FULL or STORE_WRITE */
export async function beginRun(run: SlurmRun): Promise<void> {
  const { folder, id, grid, steps } = run;
  if ((await readRun(folder, id)) !== undefined) return;
  await writeAtomically(join(folder, 'run.json'), `${JSON.stringify({ schema, id, grid, steps })}\n`);
}

/** Runs on Slurm that a results folder knows of, in order of their ids. */
export async function slurmRuns(resultsFolder: string): Promise<SlurmRun[]> {
  const folder = join(resultsFolder, 'slurm');
  const names = (await readdir(folder).catch(() => [])).sort();
  const runs = await Promise.all(names.map((name) => readRun(join(folder, name), name)));
  return runs.filter((run) => run !== undefined);
}

async function readRun(folder: string, name: string): Promise<SlurmRun | undefined> {
  const { schema: found, id, grid, steps } = await readJson(join(folder, 'run.json'));
  if (found !== schema || id !== name || typeof grid !== 'string' || typeof steps !== 'number') return undefined;
  return { id, folder, grid, steps };
}

/** A new folder for an array of tasks; nobody else gets the same one. @throws BenchError as {@link beginRun} */
export async function newSubmission(run: SlurmRun): Promise<Pick<Submission, 'name' | 'folder'>> {
  const parent = join(run.folder, 'submissions');
  try {
    await mkdir(parent, { recursive: true });
    const numbers = (await readdir(parent)).map(Number).filter(Number.isInteger);
    for (let n = Math.max(0, ...numbers) + 1; ; n++) {
      const folder = join(parent, String(n));
      try {
        await mkdir(folder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw error;
      }
      for (const name of ['packs', 'events', 'logs']) await mkdir(join(folder, name));
      return { name: jobName(run, n), folder };
    }
  } catch (error) {
    throw writeError(error, parent);
  }
}

function jobName({ id }: SlurmRun, n: number): string {
  return `bench-${id}.${n}`;
}

/** Writes what tasks are to do, before they are submitted. @throws BenchError as {@link beginRun} */
export function keepSubmission({ folder, packs, minutes, memoryBytes }: Submission): Promise<void> {
  return writeAtomically(join(folder, 'submission.json'), `${JSON.stringify({ packs, minutes, memoryBytes })}\n`);
}

/** Writes down the id of an array. @throws BenchError as {@link beginRun} */
export function keepJob({ folder }: Pick<Submission, 'folder'>, job: string): Promise<void> {
  return writeAtomically(join(folder, 'job'), `${job}\n`);
}

/** Everything that was submitted for a run, oldest first; what was given up while it was written is left out. */
export async function submissionsOf(run: SlurmRun): Promise<Submission[]> {
  const parent = join(run.folder, 'submissions');
  const numbers = (await readdir(parent).catch(() => [])).map(Number).filter(Number.isInteger);
  const all = await Promise.all(
    numbers
      .sort((a, b) => a - b)
      .map(async (n): Promise<Submission | undefined> => {
        const folder = join(parent, String(n));
        const { packs, minutes, memoryBytes } = await readJson(join(folder, 'submission.json'));
        if (!isPacks(packs) || typeof minutes !== 'number' || typeof memoryBytes !== 'number') return undefined;
        const job = /^\d+/.exec((await readRegularFile(join(folder, 'job')).catch(() => '')).toString())?.[0];
        return { name: jobName(run, n), folder, packs, minutes, memoryBytes, ...(job && { job }) };
      }),
  );
  return all.filter((submission) => submission !== undefined);
}

function isPacks(value: unknown): value is string[][] {
  return (
    Array.isArray(value) && value.every((pack) => Array.isArray(pack) && pack.every((id) => typeof id === 'string'))
  );
}

const processorSchema = 'bench/slurm-processor@1';

/** The model of processors that a run keeps to; undefined where none is fixed. */
export async function pinnedProcessor(folder: string): Promise<string | undefined> {
  const { schema: found, model } = await readJson(join(folder, 'processor.json'));
  return found === processorSchema && typeof model === 'string' ? model : undefined;
}

/** Has a run keep to a model of processors, where none is fixed yet; the one that it keeps to. @throws BenchError as {@link beginRun} */
export async function pinProcessor(folder: string, model: string): Promise<string> {
  const pinned = await pinnedProcessor(folder);
  if (pinned !== undefined) return pinned;
  await writeAtomically(join(folder, 'processor.json'), `${JSON.stringify({ schema: processorSchema, model })}\n`);
  return (await pinnedProcessor(folder)) ?? model;
}

/** Fields of a JSON object; none where there is no such file or it holds something else. */
async function readJson(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse((await readRegularFile(file)).toString('utf8'));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** @throws BenchError SLURM_RUN: there is no such run, or what is stored of it cannot be understood */
export function unknownRun(place: string, known: readonly SlurmRun[] = []): BenchError {
  return new BenchError({
    code: 'SLURM_RUN',
    place,
    message: 'is no run on Slurm',
    next: known.length === 0 ? 'see bench status' : `known: ${known.map(({ id }) => id).join(', ')}`,
  });
}
