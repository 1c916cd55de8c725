import { BenchError } from '@attribution-bench/contract';
import type { Board } from '@attribution-bench/leaderboard';
import {
  entryFor,
  firstLook,
  type Grid,
  type GrowthRecord,
  grownGrid,
  growthFile,
  type ModelTask,
  type Plan,
  type RunOutcome,
  readGrowth,
  writeGrowth,
} from '@attribution-bench/runner';
import type { BoardAndCosts } from '../board-and-costs.js';
import { boardsOf } from '../boards.js';
import { type ExitCode, exitCode } from '../exit-codes.js';
import type { FlagValues } from '../flags.js';
import { gridFrom, planOf } from '../plan-from-flags.js';
import { warnOfReplacedBoard } from '../replaced-board.js';
import { exitCodeOf, runWithProgress } from '../run-with-progress.js';
import type { ExecutorFlags } from '../slurm/slurm-flags.js';
import { formatDuration } from '../text/format.js';
import { resultsPlace } from '../workspace.js';
import { lookLine } from './look-line.js';

/** What `--until-settled` and the flags that go with it say. */
export interface SettleFlags {
  /** Milliseconds. */
  untilSettled: number;
  looks?: number;
  top?: number;
  margin?: number;
}

/** How growing ended: at a look that was finished, unless not even the first one was. */
export interface Settled {
  readonly plan: Plan;
  readonly outcome: RunOutcome;
  /** Absent when the run was stopped before the first look. */
  readonly boards?: BoardAndCosts;
  readonly code: ExitCode;
}

const standard = { looks: 8, top: 1, margin: 0.02 } as const;

/**
 * Runs a grid and looks at its board; while leading methods are tied and later looks may split them, grows the
 * truth of their tasks by a block of subsets, runs what that adds and looks again. What is decided at a look depends on
 * results alone; time only ends it, and the board is then that of the last look that was finished.
 */
export async function runUntilSettled(flags: FlagValues & ExecutorFlags & SettleFlags): Promise<Settled> {
  const endsAt = performance.now() + flags.untilSettled;
  const timeLeft = () => endsAt - performance.now();
  const grid = await gridFrom(flags);
  const { location } = resultsPlace(flags.results);
  const earlier = await readGrowth(location, grid.name);
  let record = await writeGrowth(location, grid.name, begun(grid, earlier, flags, location));
  let wanted = record;
  let last: Settled | undefined;
  for (;;) {
    const startedAt = performance.now();
    const plan = await planOf(grownGrid(grid, wanted), flags);
    if (last === undefined) await warnOfReplacedBoard(plan);
    const outcome = await runWithProgress(plan, { ...flags, maxTime: Math.max(1, timeLeft()) });
    if (outcome.incomplete !== undefined) return unfinished(last, plan, outcome);
    const boards = await boardsOf(plan, outcome);
    record = await writeGrowth(location, grid.name, wanted);
    const code = exitCodeOf(outcome);
    const seconds = (performance.now() - startedAt) / 1000;
    const rate = last === undefined ? undefined : secondsPerRetraining(plan, seconds);
    last = { plan, outcome, boards, code };
    for (const { id, truth, settling } of boards.board.tasks)
      if (settling !== undefined && truth !== undefined) console.error(lookLine(id, settling, truth.subsets));

    const next = nextSizes(boards.board, record);
    if (Object.entries(next).every(([id, { reached }]) => reached === wanted[id].reached)) return last;
    if (timeLeft() <= 0) return { ...last, code: exitCode.outOfTime };
    const needed = rate === undefined ? 0 : rate * retrainingsToNearest(boards.board);
    if (needed * 1000 > timeLeft()) {
      console.error(
        `not worth growing further in the ${formatDuration(Math.max(0, timeLeft()) / 1000)} left: the nearest tie would ` +
          `take about ${formatDuration(needed)}; the same command goes on`,
      );
      return last;
    }
    wanted = next;
  }
}

/** The record of a grid that is grown from now on, or goes on growing. @throws BenchError GROWTH_FIXED */
function begun(grid: Grid, record: GrowthRecord, flags: SettleFlags, results: string): GrowthRecord {
  const tasks = grid.tasks.filter((task): task is Required<ModelTask> => task.truth !== undefined);
  if (tasks.length === 0)
    throw new BenchError({
      code: 'NOTHING_TO_GROW',
      place: grid.file,
      message: 'has no task with a truth',
      next: 'leave out --until-settled',
    });
  const { looks, top, margin } = flags;
  const entries = tasks.map((task) => {
    const earlier = entryFor(task, record);
    if (earlier !== undefined && looks !== undefined && looks !== earlier.looks)
      throw new BenchError({
        code: 'GROWTH_FIXED',
        place: `--looks ${looks}`,
        message: `${task.id} was begun with at most ${earlier.looks} looks, and results that were looked at since rest on that`,
        next: `leave out --looks, or remove ${growthFile(results, grid.name)} and take another seed`,
      });
    const entry = earlier ?? firstLook(task, { ...standard, ...(looks !== undefined && { looks }) });
    return [task.id, { ...entry, ...(top !== undefined && { top }), ...(margin !== undefined && { margin }) }] as const;
  });
  return Object.fromEntries(entries);
}

/** A run that was stopped: the last look that was finished stands, with what stopped the next one. */
function unfinished(last: Settled | undefined, plan: Plan, outcome: RunOutcome): Settled {
  const code = exitCodeOf(outcome);
  return last === undefined ? { plan, outcome, code } : { ...last, outcome, code };
}

/** How large truths are to be at the next look: one block more where later looks may split a leading tie. */
function nextSizes({ tasks }: Board, record: GrowthRecord): GrowthRecord {
  return Object.fromEntries(
    Object.entries(record).map(([id, entry]) => {
      const { settling, truth } = tasks.find((task) => task.id === id) ?? {};
      const isOpen = settling?.ties.some(({ outlook }) => outlook === 'open') ?? false;
      const here = truth?.subsets ?? entry.reached;
      return [id, { ...entry, reached: Math.max(entry.reached, isOpen ? here + entry.block : here) }];
    }),
  );
}

/** What a block took, by retraining that was new in it; undefined when none was. */
function secondsPerRetraining({ tasks }: Plan, seconds: number): number | undefined {
  const added = tasks.reduce((sum, { truth }) => sum + (truth === undefined ? 0 : truth.total - truth.cached), 0);
  return added === 0 ? undefined : seconds / added;
}

/** Retrainings until the first of all open ties would probably be split, or until the looks at its task end. */
function retrainingsToNearest({ tasks }: Board): number {
  const distances = tasks.flatMap(({ settling, truth }) =>
    (settling?.ties ?? []).flatMap(({ outlook, subsets = Number.POSITIVE_INFINITY }) =>
      outlook === 'open' && settling !== undefined && truth !== undefined
        ? (Math.min(subsets, settling.looks * settling.block) - truth.subsets) * truth.retrainSeeds
        : [],
    ),
  );
  return Math.min(...distances);
}
