import { writeAtomically } from '@attribution-bench/store';
import { askQueue, isLive, type TaskState } from './job-states.js';
import { cancelledFile, type SlurmRun, slurmRuns, submissionsOf, unknownRun } from './run-folder.js';
import { runSlurm } from './slurm-program.js';

/**
 * Takes the jobs of a run back: what they have finished stays, what they are at is given up within seconds. Commands that watch
 * the run end.
 * @param named id of the run or name of its grid; absent: the only one with jobs
 * @returns the run, and how many tasks were waiting or running
 * @throws BenchError SLURM_RUN when it is not clear which one is meant, SLURM_MISSING, SLURM_FAILED
 */
export async function takeBack(
  resultsFolder: string,
  named: string | undefined,
): Promise<{ readonly run: SlurmRun; readonly tasks: number }[]> {
  const all = await slurmRuns(resultsFolder);
  const meant = named === undefined ? all : all.filter(({ id, grid }) => id === named || grid === named);
  if (meant.length === 0) throw unknownRun(named ?? resultsFolder, all);
  const live = await Promise.all(meant.map(async (run) => ({ run, tasks: await liveTasks(run) })));
  const running = live.filter(({ tasks }) => tasks.length > 0);
  if (named === undefined && running.length > 1)
    throw unknownRun(
      'without a name',
      running.map(({ run }) => run),
    );
  for (const { run, tasks } of running) {
    await writeAtomically(cancelledFile(run), '');
    await runSlurm('scancel', [...new Set(tasks.map(({ job }) => job))]);
  }
  return running.map(({ run, tasks }) => ({ run, tasks: tasks.length }));
}

async function liveTasks(run: SlurmRun): Promise<readonly TaskState[]> {
  const states = await askQueue((await submissionsOf(run)).map(({ name }) => name));
  return [...states.values()].filter(isLive);
}
