import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '@attribution-bench/store';
import { deviceOf } from '@attribution-bench/tfjs-onnx';
import { readArtifact } from '../artifacts/codec.js';
import { descriptionArtifact } from '../artifacts/task-description.js';
import { openPool, type WorkerPool } from '../executors/local/pool.js';
import { temporaryFolder } from '../executors/local/temporary-folder.js';
import { memoryMeter } from '../executors/memory-meter.js';
import { answerMs } from '../isolation/limits.js';
import type { History, Measured } from '../journal/cost-history.js';
import type { Plan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import type { Execution, Pace, WorkResult } from '../model/work.js';
import { describeStep } from '../steps/kinds/describe-task.js';
import { definitionOf } from '../steps/registry.js';
import { trialInputs } from './trial-inputs.js';
import { trialOrder } from './trial-order.js';
import { type TrialThreads, trialsAtOnce } from './trial-threads.js';
import { type Trial, type Tried, trialsFor } from './trials.js';

/** Processor seconds after which a trial stops, once it is known how far it came. */
const trialSeconds = 0.4;
/**
 * A step is tried a second time, to tell what opening costs, where most steps are not the first of a worker and all of them
 * together would take longer than so many seconds. Otherwise each counts with what the first took.
 */
const worthRepeating = 1;

export interface ProbeOptions {
  readonly jobs: number;
  /** Trials done, and all of them. */
  onProgress?(done: number, total: number): void;
  /** A step that cannot be timed: it fails, or does not say how far it is. */
  onFailure?(label: string, reason: string): void;
  readonly cancel?: AbortSignal;
  /** Processor seconds of each worker after which no further trial begins; default: all are done. */
  readonly budgetSeconds?: number;
  /** Threads that were started for this before. */
  readonly threads?: TrialThreads;
}

/**
 * Times what is not known yet: real steps at their real sizes, each for a moment, as many side by side as a run would do.
 * How long the whole step takes follows from how far it says it came. Nothing of it is kept but the predictions.
 * @returns predictions by likeness; none for steps that fail
 */
export async function probe(plan: Plan, unknown: readonly PlannedStep[], options: ProbeOptions): Promise<History> {
  const folder = await temporaryFolder('probe');
  const onDevice = deviceOf(plan.engine) !== undefined;
  const lanes = onDevice ? 1 : trialsAtOnce(options.jobs);
  const pools = Array.from({ length: lanes }, () =>
    openPool(1, join(folder, 'store'), plan.environment, { started: options.threads?.take() }),
  );
  const trials = await trialsFor(plan, unknown);
  const results = openStore(plan.storeLocation);
  const inputs = trialInputs(plan, results, openStore(join(folder, 'store')));
  const memory = memoryMeter();
  const predicted: History = new Map();
  let done = 0;
  const budget = newBudget(options.budgetSeconds, lanes);
  const order = trialOrder(trials);
  const tryInTurn = async (pool: WorkerPool): Promise<void> => {
    for (;;) {
      const trial = await order.next();
      if (trial === undefined || options.cancel?.aborted === true || budget.isSpent()) return;
      const tried = await tryOut(trial, pool);
      for (const [name, measured] of tried.predicted) predicted.set(name, measured);
      order.ended(trial, tried.cut);
      options.onProgress?.(++done, trials.length);
    }
  };
  try {
    await Promise.all(pools.map(tryInTurn));
    return predicted;
  } finally {
    memory.stop();
    await Promise.all(pools.map((pool) => pool.close()));
    await rm(folder, { recursive: true, force: true });
  }

  async function tryOut(
    trial: Trial,
    pool: WorkerPool,
  ): Promise<{ readonly predicted: History; readonly cut: boolean }> {
    if (trial.of !== 'method') {
      const measured = await timed(trial.tried, pool);
      return { predicted: predictions(trial.tried, measured), cut: measured?.whole === false };
    }
    const predicted: History = new Map();
    let cut: Timed | 'failed' | undefined;
    for (const stage of trial.stages) {
      const measured = await timed(stage, pool);
      for (const [name, each] of predictions(stage, measured)) predicted.set(name, each);
      if (measured?.whole !== true) cut ??= measured ?? 'failed';
    }
    const score = cut === undefined ? await timed(trial.score, pool) : cut === 'failed' ? undefined : cut;
    for (const [name, each] of predictions(trial.score, score)) predicted.set(name, each);
    return { predicted, cut: cut !== undefined };
  }

  /** Models that a task trains at once; of a task without a model, one. */
  async function stackOf(task: string): Promise<number> {
    const step = plan.steps.find((each) => each.task === task && describeStep.jobOf(each));
    return step === undefined ? 1 : (await readArtifact(results, step.outputs[0], descriptionArtifact)).stack;
  }

  /** What the tried step takes; undefined when it fails. */
  async function timed(tried: Tried, pool: WorkerPool): Promise<Timed | undefined> {
    const { job, label, task, needs, steps, times } = tried;
    const { cost } = definitionOf(job);
    await inputs.provide(needs);
    const peak = memory.start();
    const attempt = async (): Promise<WorkResult> => {
      const started = pool.start(job, () => undefined, { trialSeconds });
      const result = await limited(started, options.cancel);
      if (result.status !== 'failed') budget.spend(result.pace.seconds);
      return result;
    };
    const first = await attempt();
    const cold = secondsOf(first);
    if (cold === undefined) {
      options.onFailure?.(label, whyUnknown(first));
      return undefined;
    }
    const whole = first.status === 'done';
    const shared = cost.shared?.(job, await stackOf(task));
    if (shared !== undefined)
      return { seconds: cold * (1 - shared + shared / steps), opening: 0, peakRssBytes: peak(), whole };
    const openings = Math.min(lanes, steps);
    const warmByPace = whole ? undefined : paceOf(first);
    if (warmByPace !== undefined && warmByPace < cold) {
      const opening = ((cold - warmByPace) * openings) / steps;
      return { seconds: warmByPace, opening, peakRssBytes: peak(), whole };
    }
    const most = Math.max(...times.values());
    const repeats = (steps > 2 * openings || most > 1) && cold * most * steps > worthRepeating;
    const openingCounts = cost.opens === true || cold < trialSeconds;
    const again = repeats && openingCounts ? await attempt() : undefined;
    const warm = again && secondsOf(again);
    const peakRssBytes = peak();
    if (again === undefined || warm === undefined) return { seconds: cold, opening: 0, peakRssBytes, whole };
    return { seconds: warm, opening: (openingSeconds(first, again) * openings) / steps, peakRssBytes, whole };
  }
}

interface Budget {
  isSpent(): boolean;
  /** Of a trial, which may be in a process of its own. */
  spend(seconds: number): void;
}

/** By the processor time of this process, or that of the trials where it is more. */
function newBudget(seconds: number | undefined, lanes: number): Budget {
  const before = process.cpuUsage();
  let ofTrials = 0;
  return {
    isSpent() {
      if (seconds === undefined) return false;
      const { user, system } = process.cpuUsage(before);
      return Math.max((user + system) / 1e6, ofTrials) > seconds * lanes;
    },
    spend(more) {
      ofTrials += more;
    },
  };
}

/** User code is not waited for for ever, nor when the command is to stop. */
async function limited({ result, cancel, process }: Execution, stop: AbortSignal | undefined): Promise<WorkResult> {
  if (process === undefined) return result;
  const limit = setTimeout(cancel, answerMs);
  stop?.addEventListener('abort', cancel);
  return result.finally(() => {
    clearTimeout(limit);
    stop?.removeEventListener('abort', cancel);
  });
}

function whyUnknown(result: WorkResult): string {
  if (result.status === 'failed') return result.error.message;
  return result.status === 'cancelled' && result.ended === true
    ? 'it did not stop when told to and was ended'
    : 'it does not say how far it is';
}

interface Timed extends Measured {
  /** Seconds a step, on average, that workers take to open its task and compile its graphs. */
  readonly opening: number;
  /** Whether it came to its end. */
  readonly whole: boolean;
}

/** Predictions for all steps that a trial stands for. A score one of whose stages was cut short counts as much as that stage. */
function predictions({ times }: Tried, timed: Timed | undefined): History {
  if (timed === undefined) return new Map();
  const { seconds, opening, peakRssBytes } = timed;
  return new Map([...times].map(([name, factor]) => [name, { seconds: seconds * factor + opening, peakRssBytes }]));
}

/** Seconds of the whole step; undefined when it failed or nothing is known of its pace. */
function secondsOf(result: WorkResult): number | undefined {
  if (result.status === 'failed') return undefined;
  const { seconds, first, last } = result.pace;
  if (result.status === 'done') return seconds;
  if (first === undefined || last === undefined) return undefined;
  const pace = paceOf(result);
  return pace === undefined ? last.seconds / last.done : last.seconds + (1 - last.done) * pace;
}

/** Seconds of a step without what comes before its first sign of progress, by the pace between that and the last. */
function paceOf(result: WorkResult): number | undefined {
  if (result.status === 'failed') return undefined;
  const { first, last } = result.pace;
  if (first === undefined || last === undefined || last.done <= first.done) return undefined;
  return (last.seconds - first.seconds) / (last.done - first.done);
}

/** What the first run of a step in a worker took more than the second: opening its task, compiling its graphs. */
function openingSeconds(first: WorkResult, second: WorkResult): number {
  if (first.status === 'failed' || second.status === 'failed') return 0;
  return Math.max(0, startOf(first.pace) - startOf(second.pace));
}

/** Seconds until the first sign of progress, or to the end. */
function startOf({ first, seconds }: Pace): number {
  return first?.seconds ?? seconds;
}
