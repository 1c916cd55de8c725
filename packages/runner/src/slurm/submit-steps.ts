import { plural, toPlainError } from '@attribution-bench/contract';
import type { PlannedStep } from '../model/step.js';
import { mostInArray, splitArrays } from './array-limit.js';
import { type PackArray, packSteps } from './pack-steps.js';
import type { StepPrediction } from './predict-steps.js';
import type { SlurmParts } from './slurm-parts.js';
import { submitArray } from './submit-array.js';
import { openSubmitLock } from './submit-lock.js';
import { minutesFor } from './time-limit.js';

const defaultMemoryBytes = 2 * 2 ** 30;

/**
 * Submits everything that is left, can be done, and is in no task's hands; the ids of the arrays. One process of a run does so at
 * a time. The function throws a BenchError when the scheduler takes nothing, or the results folder cannot be written.
 */
export function submitSteps(parts: SlurmParts): () => Promise<string[]> {
  const { plan, options, run, steps, tasks, losses, say } = parts;
  const { profile } = options;
  let predictions: ReadonlyMap<string, StepPrediction> | undefined;

  async function pack(toSubmit: readonly PlannedStep[]): Promise<PackArray[]> {
    predictions ??= await options.predict();
    const predicted = predictions;
    return packSteps(
      toSubmit.map(({ id, needs }) => {
        const { seconds = 0, memoryBytes = profile.memory ?? defaultMemoryBytes } = predicted.get(id) ?? {};
        const { memory, alone } = losses.of(id);
        return { id, needs, seconds, memoryBytes: memoryBytes * memory, alone };
      }),
      {
        workers: profile.cpus,
        tasks: profile.tasks,
        leastSeconds: profile.pack.least / 1000,
        mostSeconds: profile.pack.most / 1000,
      },
    );
  }

  async function submitPacks({ packs, memoryBytes, limit }: PackArray & { readonly limit: number }): Promise<string> {
    const ids = packs.flatMap((each) => each.steps);
    const slowest = largest(packs, ({ seconds }) => seconds / profile.cpus);
    const factor = largest(ids, (id) => losses.of(id).time);
    const array = {
      packs,
      memoryBytes,
      minutes: minutesFor(slowest, factor, profile),
      limit,
      after: steps.jobsBefore(ids),
      excludedNodes: losses.excludedNodes,
    };
    const submission = await submitArray(plan, run, array, options);
    tasks.add(submission);
    options.note(`submitted job ${submission.job}: ${plural(packs.length, 'task')}, ${plural(ids.length, 'step')}`);
    return submission.job;
  }

  return async () => {
    const unlock = await openSubmitLock(run);
    try {
      await tasks.takeUp(run);
      const toSubmit = steps.toSubmit();
      if (toSubmit.length === 0) return [];
      // Asked first: steps are not timed where nothing can be submitted.
      const most = await mostInArray();
      const [first, ...others] = splitArrays(await pack(toSubmit), most, profile.tasks);
      const jobs = [await submitPacks(first)];
      try {
        for (const array of others) jobs.push(await submitPacks(array));
      } catch (error) {
        // As many as the scheduler takes at a time; the rest is submitted once it can be done.
        say(`further jobs are submitted later: ${toPlainError(error).message}`);
      }
      return jobs;
    } finally {
      await unlock();
    }
  };
}

/** The largest of the numbers of some things; unlike the arguments of Math.max they may be a million. */
function largest<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((most, each) => Math.max(most, of(each)), Number.NEGATIVE_INFINITY);
}
