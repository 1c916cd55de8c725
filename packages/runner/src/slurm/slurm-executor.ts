import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { plural, toPlainError } from '@attribution-bench/contract';
import { freeClaims, openStore, readRegularFile } from '@attribution-bench/store';
import type { Executor, OpenExecutor } from '../executors/executor.js';
import type { RunEvent } from '../journal/events.js';
import type { Plan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import type { WorkMessage, WorkResult } from '../model/work.js';
import { indexSteps } from '../steps/step-index.js';
import { mostInArray } from './array-limit.js';
import { type FollowedTask, followTask } from './follow-task.js';
import { askAccounting, askQueue, isLive, type TaskState, type TaskStates, taskName } from './job-states.js';
import { type AfterLoss, openLosses } from './losses.js';
import { type PackArray, packSteps } from './pack-steps.js';
import type { StepPrediction } from './predict-steps.js';
import {
  beginRun,
  cancelledFile,
  logFile,
  pinnedProcessor,
  type Submission,
  slurmRunOf,
  submissionsOf,
} from './run-folder.js';
import { submitArray, type TaskCommand } from './submit-array.js';
import { openSubmitLock } from './submit-lock.js';

export interface SlurmOptions extends TaskCommand {
  /** What the steps of the plan are expected to take, asked once, and only where something has to be submitted. */
  predict(): Promise<ReadonlyMap<string, StepPrediction>>;
  /** Says something of the jobs, for people. */
  note(line: string): void;
  /** Called when somebody took the jobs back. */
  onTakenBack(): void;
}

/** A step that the run has given out and waits for. */
interface Awaited {
  hear(message: WorkMessage): void;
  resolve(result: WorkResult): void;
}

/** So many submissions in a row without a step done in between, or so many in all, end the attempts. */
const mostIdleRounds = 2;
const mostRounds = 100;
/** And so many refusals of the scheduler, when nothing is in its hands. */
const mostRefusals = 5;
/** A task counts as gone when so many answers in a row lack it. */
const answersUntilGone = 2;
const cancelled: WorkResult = { status: 'cancelled', pace: { seconds: 0 } };

/**
 * Has the steps of a plan done by tasks of Slurm. All that can be done is submitted at once, in waves that wait for one another,
 * so that it goes on without this process; what this one does is to follow events and states, and to submit again what was
 * lost. Opening it again takes up what is still in the hands of Slurm.
 */
export function slurmExecutor(plan: Plan, options: SlurmOptions): OpenExecutor {
  return async () => {
    const executor = new SlurmExecution(plan, options);
    await executor.open();
    return executor;
  };
}

class SlurmExecution implements Executor {
  readonly capacity = Number.POSITIVE_INFINITY;
  private readonly run;
  private readonly store;
  private readonly steps;
  private readonly losses;
  /** Steps that are to be done, those of them that a task is to do, and those that failed. */
  private readonly left: Set<string>;
  private readonly inFlight = new Map<string, FollowedTask>();
  private readonly failed = new Set<string>();
  private readonly begun = new Set<string>();
  private readonly awaited = new Map<string, Awaited>();
  /** How steps ended before the run gave them out: they were submitted before it knew that they can be done. */
  private readonly results = new Map<string, WorkResult>();
  private readonly tasks = new Map<string, FollowedTask>();
  private readonly known = new Set<string>();
  private readonly processors = new Set<string>();
  private readonly said = new Set<string>();
  private predictions: ReadonlyMap<string, StepPrediction> | undefined;
  private rounds = 0;
  private idleRounds = 0;
  private refusals = 0;
  private doneSinceRound = 0;
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly plan: Plan,
    private readonly options: SlurmOptions,
  ) {
    this.run = slurmRunOf(plan);
    this.store = openStore(join(plan.resultsFolder, 'store'));
    this.steps = indexSteps(plan.steps);
    this.losses = openLosses((line) => options.note(line));
    this.left = new Set(plan.steps.filter(({ needed }) => needed).map(({ id }) => id));
  }

  get delegates() {
    return { workers: Math.max(1, Math.min(this.options.profile.tasks, this.tasks.size)) * this.options.profile.cpus };
  }

  /** @throws BenchError when the scheduler takes nothing, or the results folder cannot be written */
  async open(): Promise<void> {
    await beginRun(this.run);
    await rm(cancelledFile(this.run), { force: true });
    if (this.left.size > 0) await this.submit();
    this.schedule();
  }

  start(step: PlannedStep, hear: (message: WorkMessage) => void) {
    const { id } = step;
    const known = this.results.get(id);
    if (known !== undefined) {
      this.results.delete(id);
      return { result: Promise.resolve(known), cancel() {} };
    }
    this.left.add(id);
    this.failed.delete(id);
    const result = new Promise<WorkResult>((resolve) => this.awaited.set(id, { hear, resolve }));
    if (this.begun.has(id)) hear({ type: 'begun' });
    return { result, cancel: () => this.answer(id, cancelled) };
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.polling;
    if (this.left.size > 0) return;
    for (const { folder } of await submissionsOf(this.run))
      await rm(join(folder, 'packs'), { recursive: true, force: true });
  }

  private schedule(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => {
      this.polling = this.poll()
        .catch((error: unknown) => this.giveUp(toPlainError(error)))
        .then(() => this.schedule());
    }, this.options.profile.poll);
  }

  /** One look at everything: states, events, what was lost, what can be submitted. */
  private async poll(): Promise<void> {
    if (existsSync(cancelledFile(this.run))) return this.options.onTakenBack();
    const names = [...new Set([...this.tasks.values()].map(({ submission }) => submission.name))];
    const states = await askQueue(names).catch((error: unknown) => {
      this.say(`Slurm does not answer, its jobs go on: ${toPlainError(error).message}`);
      return undefined;
    });
    for (const task of this.tasks.values()) await this.follow(task, states);
    if ([...this.awaited.keys()].some((id) => !this.inFlight.has(id))) await this.submitAgain();
  }

  private async follow(task: FollowedTask, states: TaskStates | undefined): Promise<void> {
    const name = taskName(task.submission.name, task.index);
    const state = states?.get(name);
    if (state?.state === 'PENDING') this.sayWhyPending(state);
    for (const event of await task.read(state)) await this.hear(task, event);
    if (task.left.size === 0) this.tasks.delete(name);
    else if (task.outcome !== undefined && task.outcome.incomplete === undefined)
      await this.end(name, task, { job: '', state: 'COMPLETED', node: task.node, reason: '' });
    else if (states === undefined || (state !== undefined && isLive(state))) task.answersWithout = 0;
    else if (state !== undefined) await this.end(name, task, state);
    else if (++task.answersWithout >= answersUntilGone)
      await this.end(name, task, (await askAccounting([task.submission.name])).get(name));
  }

  private async hear(task: FollowedTask, event: RunEvent): Promise<void> {
    if (event.type === 'run-started') await this.meetProcessor(task, event.processor);
    else if (event.type === 'step-started') {
      this.begun.add(event.step);
      this.awaited.get(event.step)?.hear({ type: 'begun' });
    } else if (event.type === 'log')
      this.awaited.get(event.step ?? '')?.hear({ type: 'log', level: event.level, message: event.message });
    else if (event.type === 'step-finished') {
      const { step, status, seconds, peakRssBytes, error } = event;
      this.begun.delete(step);
      if (status === 'done' || status === 'elsewhere')
        this.finish(task, step, { status: 'done', report: { seconds, peakRssBytes }, pace: { seconds } });
      else if (status === 'failed' && error !== undefined) {
        this.options.note(
          `${event.label} failed${task.node && ` on ${task.node}`}: see ${logFile(task.submission, task.index)}`,
        );
        this.finish(task, step, { status: 'failed', error });
      }
    }
  }

  private async meetProcessor(task: FollowedTask, processor: string | undefined): Promise<void> {
    if (processor === undefined) return;
    const pinned = this.options.pinCpu ? await pinnedProcessor(this.run.folder) : undefined;
    if (pinned !== undefined && pinned !== processor) return this.losses.leaveOut(task.node, `has ${processor}`);
    this.processors.add(processor);
    if (this.processors.size > 1)
      this.say(
        `warning: tasks run on several kinds of processors (${[...this.processors].join(', ')}), on which the last bits of ` +
          'results may differ; --pin-cpu, or `constraint` of the profile, keeps to one kind',
      );
  }

  /** A step has ended for good. */
  private finish(task: FollowedTask, id: string, result: WorkResult): void {
    task.left.delete(id);
    this.inFlight.delete(id);
    if (!this.left.delete(id)) return;
    if (result.status === 'failed') this.failed.add(id);
    else {
      task.done++;
      this.doneSinceRound++;
    }
    if (!this.answer(id, result)) this.results.set(id, result);
  }

  private answer(id: string, result: WorkResult): boolean {
    const awaited = this.awaited.get(id);
    this.awaited.delete(id);
    awaited?.resolve(result);
    return awaited !== undefined;
  }

  /** A task has ended: what it left is to be done by another one, unless it is stored all the same. */
  private async end(name: string, task: FollowedTask, state: TaskState | undefined): Promise<void> {
    this.tasks.delete(name);
    const { submission, index, outcome } = task;
    const job = `${submission.job}_${index}`;
    const began = [...task.left].filter((id) => task.begun.has(id));
    await freeClaims(
      this.store,
      began.flatMap((id) => this.steps.get(id)?.outputs ?? []),
      job,
    );
    for (const id of [...task.left]) {
      if (await this.isStored(id))
        this.finish(task, id, { status: 'done', report: { seconds: 0 }, pace: { seconds: 0 } });
      else this.inFlight.delete(id);
      this.begun.delete(id);
    }
    if (outcome?.error !== undefined) return this.giveUp(outcome.error);
    const lost = {
      job,
      log: logFile(submission, index),
      left: [...task.left],
      began,
      wasAt: task.wasAt,
      done: task.done,
    };
    const ended = outcome === undefined && (await toldOfMemory(lost.log)) ? 'OUT_OF_MEMORY' : state?.state;
    const given = { memoryBytes: submission.memoryBytes, minutes: submission.minutes };
    for (const { id, error } of this.losses.enter({
      ...lost,
      ...given,
      outcome,
      state: ended,
      node: state?.node || task.node,
    }))
      this.finish(task, id, { status: 'failed', error: toPlainError(error) });
  }

  private async isStored(id: string): Promise<boolean> {
    const step = this.steps.get(id);
    if (step === undefined || step.reason === 'forced') return false;
    for (const output of step.outputs) if (!(await this.store.has(output))) return false;
    return true;
  }

  /** Nothing more can be done: whoever waits is told why. */
  private giveUp(error: ReturnType<typeof toPlainError>): void {
    for (const id of [...this.awaited.keys()]) this.answer(id, { status: 'failed', error });
  }

  private async submitAgain(): Promise<void> {
    const isProgress = this.doneSinceRound > 0 || this.losses.takeChange();
    this.idleRounds = isProgress ? 0 : this.idleRounds + 1;
    this.rounds++;
    if (this.idleRounds >= mostIdleRounds || this.rounds > mostRounds)
      return this.giveUp(toPlainError(this.losses.error()));
    try {
      await this.submit();
      this.refusals = 0;
    } catch (error) {
      this.idleRounds = Math.max(0, this.idleRounds - 1);
      this.say(`jobs cannot be submitted: ${toPlainError(error).message}`);
      if (this.tasks.size === 0 && ++this.refusals >= mostRefusals) this.giveUp(toPlainError(error));
    }
  }

  /** Submits everything that is left, can be done, and is in no task's hands. One process of a run does so at a time. */
  private async submit(): Promise<void> {
    const unlock = await openSubmitLock(this.run);
    try {
      await this.takeUp();
      const steps = this.stepsToSubmit();
      if (steps.length === 0) return;
      this.doneSinceRound = 0;
      await this.submitSteps(steps);
    } finally {
      await unlock();
    }
  }

  /** Takes up the tasks that are in the hands of Slurm and that this process does not follow yet. */
  private async takeUp(): Promise<void> {
    const unknown = (await submissionsOf(this.run)).filter(({ name }) => !this.known.has(name));
    const states = await askQueue(unknown.map(({ name }) => name));
    let count = 0;
    for (const submission of unknown) {
      this.known.add(submission.name);
      for (const [index, steps] of submission.packs.entries()) {
        const state = states.get(taskName(submission.name, index));
        if (state === undefined || !isLive(state)) continue;
        count += this.add({ ...submission, job: submission.job ?? state.job }, index, steps);
      }
    }
    if (count > 0) this.options.note(`taken up: ${plural(count, 'task')} of ${this.run.id}`);
  }

  /** Follows a task as far as it does what is left and nobody else does; whether that is anything. */
  private add(submission: Submission, index: number, steps: readonly string[]): 0 | 1 {
    const own = steps.filter((id) => this.left.has(id) && !this.inFlight.has(id));
    if (own.length === 0) return 0;
    const task = followTask(submission, index, own);
    this.tasks.set(taskName(submission.name, index), task);
    for (const id of own) this.inFlight.set(id, task);
    return 1;
  }

  /** In an order in which each comes after those that it needs. */
  private stepsToSubmit(): PlannedStep[] {
    const chosen = new Set<string>();
    const isDoneOrWillBe = (id: string): boolean =>
      this.left.has(id) ? chosen.has(id) || this.inFlight.has(id) : !this.failed.has(id);
    return this.plan.steps.filter(({ id, needs }) => {
      if (!this.left.has(id) || this.inFlight.has(id) || !needs.every(isDoneOrWillBe)) return false;
      chosen.add(id);
      return true;
    });
  }

  private async submitSteps(steps: readonly PlannedStep[]): Promise<void> {
    const { profile } = this.options;
    this.predictions ??= await this.options.predict();
    const { predictions } = this;
    const afterLoss = new Map(steps.map(({ id }) => [id, this.losses.of(id)]));
    const arrays = packSteps(
      steps.map(({ id, needs }) => {
        const { seconds = 0, memoryBytes = profile.memory ?? defaultMemoryBytes } = predictions.get(id) ?? {};
        const { memory, alone } = afterLoss.get(id) as AfterLoss;
        return { id, needs, seconds, memoryBytes: memoryBytes * memory, alone };
      }),
      {
        workers: profile.cpus,
        tasks: profile.tasks,
        leastSeconds: profile.pack.least / 1000,
        mostSeconds: profile.pack.most / 1000,
      },
    );
    let submitted = 0;
    for (const part of partsOf(arrays, await mostInArray(), profile.tasks)) {
      const ids = part.packs.flatMap((pack) => pack.steps);
      const slowest = Math.max(...part.packs.map(({ seconds }) => seconds / profile.cpus));
      const factor = Math.max(...ids.map((id) => afterLoss.get(id)?.time ?? 1));
      try {
        const submission = await submitArray(
          this.plan,
          this.run,
          {
            packs: part.packs.map((pack) => pack.steps),
            memoryBytes: part.memoryBytes,
            minutes: minutesFor(slowest, factor, profile.time),
            limit: part.limit,
            after: this.jobsBefore(ids),
            excludedNodes: this.losses.excludedNodes,
          },
          this.options,
        );
        this.known.add(submission.name);
        for (const [index, pack] of part.packs.entries()) this.add(submission, index, pack.steps);
        submitted++;
        this.options.note(
          `submitted job ${submission.job}: ${plural(part.packs.length, 'task')}, ${plural(ids.length, 'step')}`,
        );
      } catch (error) {
        if (submitted === 0) throw error;
        // As many as the scheduler takes at a time; the rest is submitted once it can be done.
        this.say(`further jobs are submitted later: ${toPlainError(error).message}`);
        return;
      }
    }
  }

  /** Ids of the jobs that do what some steps need. */
  private jobsBefore(ids: readonly string[]): string[] {
    const jobs = new Set<string>();
    for (const id of ids)
      for (const need of this.steps.get(id)?.needs ?? []) {
        const job = this.inFlight.get(need)?.submission.job;
        if (job !== undefined) jobs.add(job);
      }
    return [...jobs];
  }

  private sayWhyPending({ job, reason }: TaskState): void {
    if (
      /^(JobHeld|launch|Bad|Invalid|Assoc|QOS|PartitionDown|PartitionTimeLimit|PartitionNodeLimit|AccountNot|ReqNodeNotAvail|NodeDown)/.test(
        reason,
      )
    )
      this.say(`job ${job} waits: ${reason}`);
  }

  /** Says something once. */
  private say(line: string): void {
    if (this.said.has(line)) return;
    this.said.add(line);
    this.options.note(line);
  }
}

/** Arrays no larger than the scheduler takes, each with how many of its tasks may run at a time. */
function partsOf(
  arrays: readonly PackArray[],
  most: number,
  tasks: number,
): (PackArray & { readonly limit: number })[] {
  return arrays.flatMap((array) => {
    const parts = Math.ceil(array.packs.length / most);
    const size = Math.ceil(array.packs.length / parts);
    const limit = Math.max(1, Math.floor(tasks / parts));
    return Array.from({ length: parts }, (_, part) => ({
      ...array,
      packs: array.packs.slice(part * size, (part + 1) * size),
      limit,
    }));
  });
}

/** Where memory is watched without cgroups, the scheduler says in the log of a task why it ended that. */
async function toldOfMemory(log: string): Promise<boolean> {
  const text = await readRegularFile(log).catch(() => '');
  return /exceeded (job )?memory limit|oom[-_ ]kill/i.test(text.toString().slice(-4096));
}

const defaultMemoryBytes = 2 * 2 ** 30;
/** Time limits are so many times what is predicted for a pack, and at least so many minutes. */
const timeMargin = 3;
const leastMinutes = 15;

function minutesFor(seconds: number, factor: number, most = Number.POSITIVE_INFINITY): number {
  const minutes = factor * Math.max(leastMinutes, Math.ceil((timeMargin * seconds) / 60));
  return Math.max(1, Math.min(minutes, Math.floor(most / 60_000)));
}
