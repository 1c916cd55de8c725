import { lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, type CancelSignal, type Json, type Seed } from '@attribution-bench/contract';
import { schemas } from '../schemas.js';
import { scoreEndings } from '../scores/read-score-file.js';
import { type ReadScores, readScores, type ScoredTask } from '../scores/read-scores.js';
import type { AboutScores } from '../scores/score-file.js';
import { type ProgramReport, runProgram } from './run-program.js';

export interface ProgramScoring {
  readonly argv: readonly string[];
  /** Folder of the task, see `writeTaskFolder`. */
  readonly taskFolder: string;
  readonly task: ScoredTask;
  /** Folder of this scoring alone: emptied first, and removed when all went well, or holds too much. What was printed stays in `<folder>.log`. */
  readonly folder: string;
  readonly params: Readonly<Record<string, Json>>;
  /** Number of the method's seed, and bits that derive from it. */
  readonly seed: number;
  readonly random: Seed;
  /** How many of the models in the task's folder are for this scoring. */
  readonly checkpoints: number;
  readonly trajectory: number;
  readonly limits: { readonly seconds?: number; readonly memoryBytes?: number };
  readonly about: AboutScores;
  readonly cancel: CancelSignal;
  progress(done: number): void;
}

const outputName = 'scores';
/** Beyond the scores in their widest form: room for what a program keeps while it runs. */
const scratchBytes = 2 ** 30;
const widestNumber = 8;

/**
 * Has a program score a task: writes the request, runs it, reads the scores that it wrote.
 * @throws BenchError as `runProgram` and `readScores`; COMMAND_NO_SCORES, COMMAND_OUTPUT
 */
export async function scoreByProgram(scoring: ProgramScoring): Promise<ReadScores & ProgramReport> {
  const { argv, folder, task, cancel, limits, about, progress } = scoring;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const request = join(folder, 'request.json');
  await writeFile(request, `${JSON.stringify(requestOf(scoring), undefined, 2)}\n`);
  const running = runProgram({
    argv: [...argv, request],
    cwd: folder,
    log: `${folder}.log`,
    folderBytes: 2 * widestNumber * task.queryIds.length * task.trainIds.length + scratchBytes,
    ...(limits.memoryBytes !== undefined && { memoryBytes: limits.memoryBytes }),
    cancel,
    progress,
  });
  const report = await running.catch(async (error: unknown) => {
    if (error instanceof BenchError && error.code === 'COMMAND_OUTPUT')
      await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const scores = await readScores(await scoreFileIn(folder, report.printed), task, about);
  await rm(folder, { recursive: true, force: true });
  return { ...scores, ...report };
}

function requestOf({ taskFolder, folder, params, seed, random, checkpoints, trajectory, limits }: ProgramScoring) {
  return {
    schema: schemas.request,
    task: taskFolder,
    output: join(folder, `${outputName}.npy`),
    params,
    seed,
    random,
    checkpoints,
    trajectory,
    limits: { seconds: limits.seconds ?? null, memoryBytes: limits.memoryBytes ?? null },
  };
}

/** The one file of scores that the program wrote: a file of its own and no link to another. */
async function scoreFileIn(folder: string, printed: string): Promise<string> {
  const names = (await readdir(folder).catch(() => [])).filter((name) =>
    scoreEndings.some((ending) => name === `${outputName}${ending}`),
  );
  const [name] = names;
  if (name === undefined)
    throw new BenchError({
      code: 'COMMAND_NO_SCORES',
      message: `the program succeeded but wrote no scores${printed === '' ? '' : `; it printed: ${printed}`}`,
      next: `write ${outputName}${scoreEndings.join(', or ')} where "output" of the request says`,
    });
  if (names.length > 1)
    throw new BenchError({
      code: 'COMMAND_OUTPUT',
      message: `the program wrote ${names.join(' and ')}`,
      next: 'write the scores once',
    });
  const file = join(folder, name);
  const found = await lstat(file);
  if (found.isFile()) return file;
  throw new BenchError({
    code: 'COMMAND_OUTPUT',
    message: `the program made ${name} ${found.isSymbolicLink() ? 'a link' : 'something other than a file'}`,
    next: 'write the scores into a file of their own',
  });
}
