import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toPlainError } from '@attribution-bench/contract';
import type { Executor, OpenExecutor } from '../executors/executor.js';
import type { Plan } from '../model/plan.js';
import { followTasks } from './follow-tasks.js';
import { beginRun, cancelledFile, submissionsOf } from './run-folder.js';
import { openSlurmParts, type SlurmOptions } from './slurm-parts.js';
import { submitAgain } from './submit-again.js';
import { submitSteps } from './submit-steps.js';

/**
 * Has the steps of a plan done by tasks of Slurm. All that can be done is submitted at once, in waves that wait for one another,
 * so that it goes on without this process; what this one does is to follow events and states, and to submit again what was
 * lost. Opening it again takes up what is still in the hands of Slurm.
 */
export function slurmExecutor(plan: Plan, options: SlurmOptions): OpenExecutor {
  return async () => {
    const parts = openSlurmParts(plan, options);
    const { run, steps, tasks, answers } = parts;
    const { profile } = options;
    const submit = submitSteps(parts);
    const again = submitAgain(parts, submit);
    const follow = followTasks(parts);
    let timer: NodeJS.Timeout | undefined;
    let polling: Promise<void> = Promise.resolve();
    let closed = false;

    /** One look at everything: states, events, what was lost, what can be submitted. */
    async function poll(): Promise<void> {
      if (existsSync(cancelledFile(run))) return options.onTakenBack();
      await follow();
      if ([...answers.awaited()].some((id) => !steps.isInFlight(id))) await again();
    }

    function schedule(): void {
      if (closed) return;
      timer = setTimeout(() => {
        polling = poll()
          .catch((error: unknown) => answers.giveUp(toPlainError(error)))
          .then(schedule);
      }, profile.poll);
    }

    await beginRun(run);
    await rm(cancelledFile(run), { force: true });
    if (steps.size > 0) await submit();
    schedule();

    const executor: Executor = {
      capacity: Number.POSITIVE_INFINITY,
      get delegates() {
        return { workers: Math.max(1, Math.min(profile.tasks, tasks.size)) * profile.cpus };
      },
      start({ id }, hear) {
        if (!answers.has(id)) steps.add(id);
        return answers.give(id, hear);
      },
      async close() {
        closed = true;
        clearTimeout(timer);
        await polling;
        if (steps.size > 0) return;
        for (const { folder } of await submissionsOf(run))
          await rm(join(folder, 'packs'), { recursive: true, force: true });
      },
    };
    return executor;
  };
}
