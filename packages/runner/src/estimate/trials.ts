import { canonicalJson, checkParams, type Json, type ParamSpecs, type Params } from '@attribution-bench/contract';
import type { GridMethod } from '../model/grid.js';
import type { FitJob, MethodSource, ScoreJob, StepJob } from '../model/job.js';
import type { Plan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import { likeness } from './history.js';

/** Steps that one trial tells the time of: by {@link likeness}, how many times as long as the trial they take. */
export interface Tried {
  readonly job: StepJob;
  /** Of the first of them, for people. */
  readonly label: string;
  readonly times: Map<string, number>;
  /** How many steps these are. */
  steps: number;
}

/** One thing to try in a worker. */
export type Trial =
  | { readonly kind: 'models' | 'metric'; readonly tried: Tried }
  | { readonly kind: 'method'; readonly fit: Tried; readonly score: Tried };

/**
 * What has to be tried to know how long steps take. Settings of a method on a task are tried once where they differ in
 * real numbers only (a ridge, a damping), since amounts of work are whole numbers, and with as few models as the method
 * allows, since what it does for one it does for each.
 */
export async function trialsFor(plan: Plan, unknown: readonly PlannedStep[]): Promise<Trial[]> {
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const singles = new Map<string, Extract<Trial, { tried: Tried }>>();
  const methods = new Map<string, Extract<Trial, { fit: Tried }>>();
  for (const step of unknown) {
    const { job } = step;
    if (job.kind === 'fit' || job.kind === 'score') {
      const few = await withFewModels(plan, job);
      const key = canonicalJson([step.task, job.method.id, few.amounts]);
      const trial = methods.get(key) ?? newMethodTrial(byId, job, few.source);
      methods.set(key, trial);
      count(trial[job.kind], step, few.times);
    } else {
      const key = likeness(step);
      const kind = job.kind === 'metric' ? 'metric' : 'models';
      const trial = singles.get(key) ?? { kind, tried: { job, label: step.label, times: new Map(), steps: 0 } };
      singles.set(key, trial);
      count(trial.tried, step, 1);
    }
  }
  const trials = [...singles.values(), ...methods.values()];
  return [...checkpointTrials(byId, trials), ...trials];
}

/** Trains the checkpoints that methods are tried on where that is not a trial anyway. */
function checkpointTrials(byId: ReadonlyMap<string, PlannedStep>, trials: readonly Trial[]): Trial[] {
  const present = new Set(trials.flatMap((trial) => (trial.kind === 'models' ? trainedKey(trial.tried.job) : [])));
  const wanted = new Map<string, PlannedStep>();
  for (const trial of trials) {
    if (trial.kind !== 'method' || trial.fit.job.kind !== 'fit') continue;
    const { checkpoints, trajectory } = trial.fit.job.method;
    for (const ref of [...checkpoints.slice(0, 1), ...(trajectory === undefined ? [] : [trajectory])]) {
      const step = byId.get(`train:${ref.key}`);
      if (step !== undefined && step.status !== 'cached' && !present.has(ref.key)) wanted.set(ref.key, step);
    }
  }
  return [...wanted.values()].map(({ job, label }) => ({
    kind: 'models',
    tried: { job, label, times: new Map(), steps: 1 },
  }));
}

function trainedKey(job: StepJob): string[] {
  return job.kind === 'train' ? [job.output.key] : [];
}

function count(tried: Tried, step: PlannedStep, times: number): void {
  tried.times.set(likeness(step), times);
  tried.steps++;
}

function newMethodTrial(
  byId: ReadonlyMap<string, PlannedStep>,
  job: FitJob | ScoreJob,
  method: MethodSource,
): Extract<Trial, { fit: Tried }> {
  const fitKey = job.kind === 'fit' ? job.output.key : job.fit.key;
  const fit = byId.get(`fit:${fitKey}`) as PlannedStep;
  const score = [...byId.values()].find((step) => step.job.kind === 'score' && step.job.fit.key === fitKey);
  const tried = ({ job, label }: PlannedStep): Tried => ({
    job: { ...(job as FitJob | ScoreJob), method },
    label,
    times: new Map(),
    steps: 0,
  });
  return { kind: 'method', fit: tried(fit), score: tried(score as PlannedStep) };
}

interface FewModels {
  readonly source: MethodSource;
  /** Parameters that amounts of work depend on, besides the number of models. */
  readonly amounts: Json;
  /** How many times as many models the setting uses. */
  readonly times: number;
}

async function withFewModels(plan: Plan, { task, method: source }: FitJob | ScoreJob): Promise<FewModels> {
  const { loaded } = plan.grid.methods.find((entry) => entry.loaded.method.id === source.id) as GridMethod;
  const { method } = loaded;
  const info = plan.tasks.find((planned) => planned.task.id === task.spec.id)?.info;
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
  const { checkpoints, trajectory } = await loaded.uses(params);
  const [first] = source.checkpoints;
  const shorter = trajectory < (await loaded.uses(source.params)).trajectory ? { trajectory: first } : {};
  return {
    source: { ...source, params, checkpoints: source.checkpoints.slice(0, checkpoints), ...shorter },
    amounts: Object.fromEntries(
      Object.entries<Json>({ ...params }).filter(([name]) => method.params[name]?.type !== 'num'),
    ),
    times: (await modelsOf(source.params)) / (await modelsOf(params)),
  };
}
