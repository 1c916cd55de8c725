import { type FeatureExtractor, hashJson, type Json, type TaskInfo } from '@attribution-bench/contract';
import type { Artifact, ArtifactOutput, ArtifactRef } from '@attribution-bench/store';
import type { TaskSpec } from '@attribution-bench/tasks';
import type { ArtifactPart } from '../artifacts/codec.js';
import type { MethodSource, StepJob } from '../model/job.js';
import type { StepDraft } from '../model/step.js';
import type { TaskToPlan } from '../model/task-to-plan.js';
import type { StepReport } from '../model/work.js';
import type { StepContext } from './step-context.js';
import { type TaskOfWork, workOf } from './work-of-task.js';

/** Everything that is to be known of one kind of step: planning, running and estimating read it from here. */
export interface StepDefinition<Job extends StepJob = StepJob> {
  /** Lower-case letters and dashes; also the folder of its results in the store. */
  readonly kind: string;
  /** URL of the module whose default export this is, for a kind that is not one of this package: workers import it. */
  readonly module?: string;
  /** Steps that can be done start in the order of this number, highest first. */
  readonly priority: number;
  /** Whether its results are small and come by the thousand: the store keeps many of them to an object. */
  readonly many?: true;
  /** What of it belongs to a cell; absent: it is work for a whole task. A cell's steps fail under their kind, others under their label. */
  readonly cell?: CellPart<Job>;
  /** What is known of its cost. */
  readonly cost: StepCost<Job>;
  /** How each of its results is read. One that does not fit counts as damaged. */
  result(job: Job): ArtifactPart<unknown>;
  /** The code that it runs and that may be a user's. */
  code?(job: Job): StepCode;
  /** Steps of this kind that each task of a grid has, whatever its methods. Reports read their results. */
  forTask?(task: TaskToPlan): readonly StepDraft[];
  /** Does a step. @throws Cancelled, or a BenchError that says why it cannot be done */
  run(job: Job, ctx: StepContext): Promise<StepReport>;
}

export interface CellPart<Job> {
  /** Whether its time and memory are held to the budget of the cell. */
  readonly budgeted: boolean;
  /** The number that it measures of the cell, where it does. */
  readonly value?: ArtifactPart<number>;
  /** The results of the steps before whose time counts with its own. */
  after?(job: Job): readonly ArtifactRef[];
}

export interface StepCode {
  /** The task whose network it computes with. */
  readonly network?: TaskSpec;
  /** The task whose dataset it reads. */
  readonly data?: TaskSpec;
  readonly method?: MethodSource;
  /** A user's metric. */
  readonly metric?: { readonly id: string; readonly file: string };
  readonly extractor?: FeatureExtractor;
}

export interface StepCost<Job> {
  /** What its cost depends on: steps for which this is the same take the same time, whatever the seed, the subset or the code. */
  likeness(job: Job, made: ArtifactOutput['made']): Json;
  /** Seconds of a step that is not worth a trial; absent: it is tried. */
  seconds?(job: Job): number;
  /** Whether each worker's first step of the kind costs more than the next ones, however long they are: opening a task, compiling its graphs. */
  readonly opens?: boolean;
  /** Share of its work that the steps like it have in common, so that only the first does it; undefined: none. @param stack models that the task trains at once */
  shared?(job: Job, stack: number): number | undefined;
  /**
   * Training points that its models see in an epoch, all of them together, for a step that trains models on a task of `train`
   * points: such steps of a task take in proportion to it; absent: it trains none, or what else it does counts.
   */
  trainedPoints?(job: Job, train: number): number;
  /** A made-up result of the real size, for trials of steps that read it, the one of its outputs that is named; absent: there must be a real one. */
  standIn?(job: Job, info: TaskInfo, output: ArtifactRef): Artifact;
}

/** A definition and what follows from it. */
export interface DefinedStep<Job extends StepJob> extends StepDefinition<Job> {
  /** A result that is made from `parts`; its key is the hash of their canonical JSON. */
  output(parts: ArtifactOutput['made']): ArtifactOutput;
  draft(step: Omit<StepDraft, 'id' | 'kind' | 'job'> & { readonly job: Omit<Job, keyof StepJob> }): StepDraft<Job>;
  /** The job of a step where that is of this kind. */
  jobOf(step: { readonly job: StepJob } | undefined): Job | undefined;
}

/** Raised when results of the same inputs would mean something else than before. */
const schema = 1;

export function defineStep<Job extends StepJob>(definition: StepDefinition<Job>): DefinedStep<Job> {
  const { kind, module } = definition;
  return {
    ...definition,
    output: (parts) => outputOf(kind, parts),
    draft: ({ job, ...step }) => ({
      ...step,
      id: stepIdOf(step.outputs[0]),
      kind,
      job: { ...job, kind, ...(module && { module }) } as Job,
    }),
    jobOf: (step) => (step?.job.kind === kind ? (step.job as Job) : undefined),
  };
}

/** A result of a kind that is made from `parts`; its key is the hash of their canonical JSON. */
function outputOf(kind: string, parts: ArtifactOutput['made']): ArtifactOutput {
  const made = { schema, step: kind, ...parts };
  return { kind, key: hashJson(made), made };
}

/** Id of the step that makes a result, the first of several. */
export function stepIdOf({ kind, key }: ArtifactRef): string {
  return `${kind}:${key}`;
}

/** {@link StepCost.likeness} of work on a task that has no settings of a method or metric. */
export function likenessByParts(
  { task, spec }: StepJob & { readonly task?: TaskOfWork; readonly spec?: TaskSpec },
  made: ArtifactOutput['made'],
): Json {
  const { engine, snapshots, fraction, subsets, seeds } = made;
  return {
    task: task === undefined ? made.task : workOf(task),
    data: spec === undefined ? made.data : workOf({ spec, key: String(made.data) }),
    engine,
    snapshots,
    fraction,
    subsets,
    seeds,
  } as Json;
}

/** Seconds of steps that are over at once. */
export const trifleSeconds = 0.02;
