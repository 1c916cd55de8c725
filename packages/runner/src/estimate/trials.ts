import { canonicalJson, checkParams, type Json, type ParamSpecs, type Params } from '@attribution-bench/contract';
import { likeness } from '../journal/likeness.js';
import type { GridMethod } from '../model/grid.js';
import { type MethodSource, namesOf, type StepJob } from '../model/job.js';
import type { Plan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import { type ScoreJob, scoreStep } from '../steps/kinds/score.js';
import { definitionOf } from '../steps/registry.js';
import { stepIdOf } from '../steps/step-definition.js';
import { indexSteps, type StepIndex } from '../steps/step-index.js';
import { workOf } from '../steps/work-of-task.js';

/** Steps that one trial tells the time of: by {@link likeness}, how many times as long as the trial they take. */
export interface Tried {
  readonly job: StepJob;
  /** For people, the label of the first of them. */
  readonly label: string;
  readonly task: string;
  /** Ids of the steps whose results it reads. */
  readonly needs: readonly string[];
  readonly times: Map<string, number>;
  /** How many steps these are. */
  steps: number;
}

/** One thing to try in a worker. Trials of tasks come first: their results serve the trials of cells. */
export type Trial =
  | { readonly of: 'task' | 'cell'; readonly tried: Tried }
  | { readonly of: 'method'; readonly stages: readonly Tried[]; readonly score: Tried };

type SingleTrial = Extract<Trial, { tried: Tried }>;
type MethodTrial = Extract<Trial, { score: Tried }>;

/**
 * What has to be tried to know how long steps take. Settings of a method on a task are tried once where they differ in
 * real numbers only (a ridge, a damping), since amounts of work are whole numbers, and with as few models as the method
 * allows, since what it does for one it does for each.
 */
export async function trialsFor(plan: Plan, unknown: readonly PlannedStep[]): Promise<Trial[]> {
  const byId = indexSteps(plan.steps);
  const singles = new Map<string, SingleTrial>();
  const methods = new Map<string, MethodTrial>();
  const scores = scoresByStep(plan.steps);
  for (const step of unknown) {
    const score = scores.get(step.id);
    const job = scoreStep.jobOf(score);
    if (score !== undefined && job !== undefined) {
      const few = await withFewModels(plan, job);
      const key = canonicalJson([workOf(job.task), job.method.id, few.amounts]);
      const trial = methods.get(key) ?? newMethodTrial(byId, score, job, few.source);
      methods.set(key, trial);
      const tried = trial.stages.find(({ job: { kind } }) => kind === step.kind) ?? trial.score;
      count(tried, step, few.times);
    } else {
      const key = likeness(step);
      const of = definitionOf(step.job).cell === undefined ? 'task' : 'cell';
      const trial: SingleTrial = singles.get(key) ?? { of, tried: newTried(step) };
      singles.set(key, trial);
      count(trial.tried, step, 1);
    }
  }
  const trials = [...singles.values(), ...methods.values()];
  return [...modelTrials(byId, trials), ...trials];
}

function newTried({ job, label, task, needs }: PlannedStep): Tried {
  return { job, label, task, needs, times: new Map(), steps: 0 };
}

/** Trains the models that methods are tried on where that is not a trial anyway. */
function modelTrials(byId: StepIndex, trials: readonly Trial[]): Trial[] {
  const tried = new Set(trials.flatMap((trial) => (trial.of === 'method' ? [] : [...trial.tried.times.keys()])));
  const wanted = new Map<string, PlannedStep>();
  for (const trial of trials) {
    const job = trial.of === 'method' ? scoreStep.jobOf(trial.score) : undefined;
    if (job === undefined) continue;
    const { checkpoints, trajectory } = job.method;
    for (const ref of [...checkpoints.slice(0, 1), ...(trajectory === undefined ? [] : [trajectory])]) {
      const step = byId.get(stepIdOf(ref));
      if (step === undefined || step.status === 'cached' || tried.has(likeness(step))) continue;
      wanted.set(likeness(step), step);
    }
  }
  return [...wanted.values()].map((step) => ({ of: 'task', tried: { ...newTried(step), steps: 1 } }));
}

function count(tried: Tried, step: PlannedStep, times: number): void {
  tried.times.set(likeness(step), times);
  tried.steps++;
}

/** For every step of a method the step that scores, itself or the first that goes on from it. */
function scoresByStep(steps: readonly PlannedStep[]): Map<string, PlannedStep> {
  const scores = new Map<string, PlannedStep>();
  for (const step of steps) {
    const job = scoreStep.jobOf(step);
    if (job === undefined) continue;
    for (const id of [step.id, ...Object.values(job.stages).map(stepIdOf)]) if (!scores.has(id)) scores.set(id, step);
  }
  return scores;
}

function newMethodTrial(byId: StepIndex, score: PlannedStep, { stages }: ScoreJob, method: MethodSource): MethodTrial {
  const tried = (step: PlannedStep): Tried => {
    const job: StepJob = { ...step.job, ...{ method } };
    return { ...newTried(step), job };
  };
  const before = Object.values(stages).map((ref) => byId.get(stepIdOf(ref)) as PlannedStep);
  return { of: 'method', stages: before.map(tried), score: tried(score) };
}

interface FewModels {
  readonly source: MethodSource;
  /** Parameters that amounts of work depend on, besides the number of models. */
  readonly amounts: Json;
  /** How many times as many models the setting uses. */
  readonly times: number;
}

async function withFewModels(plan: Plan, { task, method: source }: ScoreJob): Promise<FewModels> {
  const { loaded } = plan.grid.methods.find((entry) => entry.loaded.module === source.id) as GridMethod;
  const { method } = loaded;
  const info = plan.tasks.find((planned) => planned.task.id === namesOf(task).id)?.info;
  const modelsOf = async (params: Params<ParamSpecs>): Promise<number> => {
    const { checkpoints, trajectory } = await loaded.uses(params);
    return Math.max(1, checkpoints, method.needs.includes('trajectory') ? trajectory : 1);
  };
  let params = source.params;
  for (const [name, { type, min = 1 }] of Object.entries(method.params)) {
    const fewer = { ...params, [name]: Math.max(1, min) };
    if (type !== 'int' || !checkParams(method.params, fewer).ok) continue;
    const { trajectory } = await loaded.uses(fewer);
    const opens = trajectory === 1 || trajectory === (await loaded.uses(params)).trajectory;
    const supported = info !== undefined && (await loaded.supports(info, fewer)) === true;
    if ((await modelsOf(fewer)) < (await modelsOf(params)) && opens && supported) params = fewer;
  }
  const { checkpoints, trajectory, trajectories = 1 } = await loaded.uses(params);
  const finals = source.checkpoints.slice(0, trajectories);
  const { trajectory: firstRun, otherTrajectories = [] } = source;
  const along = firstRun === undefined ? [] : [firstRun, ...otherTrajectories].slice(0, trajectories);
  const shorter = trajectory < (await loaded.uses(source.params)).trajectory;
  const [first, ...others] = shorter ? finals : along;
  return {
    source: {
      ...source,
      params,
      checkpoints: source.checkpoints.slice(0, checkpoints),
      ...(first && { trajectory: first }),
      otherTrajectories: others,
    },
    amounts: Object.fromEntries(
      Object.entries<Json>({ ...params }).filter(([name]) => method.params[name]?.type !== 'num'),
    ),
    times: (await modelsOf(source.params)) / (await modelsOf(params)),
  };
}
