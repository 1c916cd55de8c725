import {
  BenchError,
  type Json,
  type MethodState,
  type NumericArray,
  type Stage,
  stageParams,
} from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import { writeArtifact } from '../../artifacts/codec.js';
import { stateArtifact } from '../../artifacts/method-state.js';
import { type CellSource, type MethodSource, namesOf, type StepJob } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { TaskOfCells } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { codeOfMethod, likenessOfMethod, openMethod } from '../method-context.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { type DefinedStep, defineStep } from '../step-definition.js';

export interface StageJob extends StepJob {
  readonly task: CellSource;
  /** With the parameters that the stage reads. */
  readonly method: MethodSource;
  readonly output: ArtifactOutput;
}

/** What the steps of one cell have in common, or those of one stage that several cells share. */
export interface CellToPlan {
  /** For people: `digits-mlp/trak projDim=512`. */
  readonly label: string;
  readonly method: MethodSource;
  /** Parts of the key of what it computes, besides those of the task. */
  readonly parts: ArtifactOutput['made'];
  /** What tells its place in the grid. */
  readonly place: readonly Json[];
  /** Ids of the steps that make what it reads. */
  readonly needs: readonly string[];
}

/** Stages of methods by name: what is computed once for all settings that agree in the parameters that it reads. */
export const stageSteps: Readonly<Record<Stage, DefinedStep<StageJob>>> = {
  fit: defineStage('fit'),
  queries: defineStage('queries'),
};

function defineStage(stage: Stage): DefinedStep<StageJob> {
  return defineStep<StageJob>({
    kind: stage,
    priority: 1,
    cell: { budgeted: true },
    cost: { likeness: likenessOfMethod },
    result: () => stateArtifact,
    code: codeOfMethod,
    run: (job, ctx) => runStage(stage, job, ctx),
  });
}

/** @param cell with what the stage reads of its parameters, and nothing else of them */
export function planStage(stage: Stage, task: TaskOfCells, cell: CellToPlan): StepDraft<StageJob> {
  const { source } = task;
  const { label, method, place, needs } = cell;
  const output = stageSteps[stage].output(madeOfMethod(task, cell));
  return stageSteps[stage].draft({
    label: `${stage} ${label}`,
    task: namesOf(source).id,
    method: method.id,
    needs,
    outputs: [output],
    job: { task: source, method, output },
    place: [stage, ...place],
  });
}

/** Parts of the keys of what a method computes. */
export function madeOfMethod({ parts, code }: TaskOfCells, { method, ...cell }: CellToPlan): ArtifactOutput['made'] {
  return {
    ...parts,
    harness: code?.explaining.hash,
    ...cell.parts,
    seed: method.seed,
    checkpoints: method.checkpoints.map(({ key }) => key),
    trajectory: method.trajectory?.key,
    otherTrajectories: method.otherTrajectories?.map(({ key }) => key),
    subsets: method.subsets?.key,
  };
}

/** A stage of a method: its state is kept for `score`. */
async function runStage(stage: Stage, job: StageJob, ctx: StepContext): Promise<StepReport> {
  const opened = await openMethod(job.method, job.task, ctx);
  ctx.begun();
  const elapsed = stopwatch();
  const state = await opened.method[stage](opened.ctx, stageParams(opened.method, stage, job.method.params));
  const spent = elapsed();
  checkState(stage, state);
  await writeArtifact(ctx.store, job.output, stateArtifact, state);
  return spent;
}

/** @throws BenchError METHOD_STATE when it holds anything but arrays of numbers */
function checkState(stage: Stage, state: MethodState): void {
  for (const [name, data] of Object.entries(state))
    if (!isNumericArray(data))
      throw new BenchError({
        code: 'METHOD_STATE',
        message: `${stage} returned ${JSON.stringify(name)} that is not a Float32Array, Float64Array, Int32Array or Uint8Array`,
        next: 'return plain arrays by name',
      });
}

function isNumericArray(value: unknown): value is NumericArray {
  return [Float32Array, Float64Array, Int32Array, Uint8Array].some((type) => value instanceof type);
}
