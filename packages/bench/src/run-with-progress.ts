import { type BenchError, fromPlainError } from '@attribution-bench/contract';
import { singleLine } from '@attribution-bench/leaderboard/display-text';
import type { Plan, RunOutcome } from '@attribution-bench/runner';
import { type ExitCode, exitCode, exitOf } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import { onInterrupt } from './interrupt.js';
import { chooseReporter } from './progress/choose.js';
import { type ExecutorFlags, onSlurm } from './slurm/slurm-flags.js';
import { count, formatBytes, formatDuration } from './text/format.js';

type RunFlags = Pick<FlagValues, 'jobs' | 'maxTime' | 'failFast' | 'progress' | 'json'> & ExecutorFlags;

/** Runs a plan and shows how it goes. The first Ctrl-C stops it cleanly, user code by force where need be; a second one at once. */
export async function runWithProgress(plan: Plan, flags: RunFlags): Promise<RunOutcome> {
  const { graceMs, runPlan, userCodeOf } = await import('@attribution-bench/runner');
  const reporter = await chooseReporter(plan, flags);
  const cancel = new AbortController();
  const abandon = new AbortController();
  const isOnSlurm = flags.executor === 'slurm';
  const grace = plan.steps.some(({ needed, job }) => needed && userCodeOf(job) !== undefined)
    ? `; your own code that keeps running is ended after ${graceMs / 1000} s`
    : '';
  const release = onInterrupt({
    stop() {
      reporter.note(
        isOnSlurm
          ? 'stopping: the jobs go on; the same command watches them again, bench cancel takes them back'
          : `stopping: what is finished is kept, the same command continues${grace}; Ctrl-C again stops at once`,
      );
      cancel.abort();
    },
    abandon() {
      abandon.abort();
      reporter.close();
    },
  });
  try {
    const note = (line: string): void => reporter.note(line);
    const executor = isOnSlurm ? await onSlurm(plan, flags, { note, cancel }) : undefined;
    return await runPlan(plan, {
      ...(executor && { executor }),
      jobs: flags.jobs,
      cancel: cancel.signal,
      abandon: abandon.signal,
      onEvent: (event) => reporter.onEvent(event),
      ...(flags.maxTime !== undefined && { maxTimeMs: flags.maxTime }),
      failFast: flags.failFast === true,
    });
  } finally {
    reporter.close();
    release();
  }
}

const incompleteBecause = {
  cancelled: 'stopped',
  'max-time': 'out of time (--max-time)',
  'fail-fast': 'stopped at the first failure (--fail-fast)',
  store: 'results could not be written',
} as const;

/** How a run ended, for people: a line for the outcome and one for each failed cell. */
export function closingLines(outcome: RunOutcome): string[] {
  const { counts, failedCells, incomplete } = outcome;
  const lines = failedCells.map(({ cell, reason }) => singleLine(`failed: ${cell}: ${reason}`));
  if (outcome.error !== undefined) lines.push(`error: ${(fromPlainError(outcome.error) satisfies BenchError).line}`);
  const took = `${formatDuration(outcome.seconds)}, ${formatBytes(outcome.peakRssBytes)} at peak`;
  const elsewhere = counts.elsewhere === 0 ? '' : ` here, ${counts.elsewhere} by other processes`;
  const done = `${count(counts.done, 'step')} done${elsewhere}, ${counts.cached} stored before`;
  if (incomplete === undefined) lines.push(`${done}; ${took}`);
  else {
    const left = counts.remaining + counts.blocked;
    lines.push(`${incompleteBecause[incomplete]}: ${done}, ${left} left; ${took}; the same command continues`);
  }
  return lines;
}

/** A run that is to be continued says so before it says that something failed. */
export function exitCodeOf({ error, incomplete, failedCells, counts }: RunOutcome): ExitCode {
  if (error !== undefined) return exitOf[error.code];
  if (incomplete === 'max-time') return exitCode.outOfTime;
  if (incomplete === 'cancelled') return exitCode.incomplete;
  return failedCells.length > 0 || counts.failed > 0 ? exitCode.cellFailed : exitCode.ok;
}
