import { BenchError, type Json, type MethodState, type NumericArray } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import { writeArtifact } from '../../artifacts/codec.js';
import { stateArtifact } from '../../artifacts/method-state.js';
import { type CellSource, type MethodSource, namesOf, type StepJob } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { TaskOfCells } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { codeOfMethod, likenessOfMethod, openMethod } from '../method-context.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep } from '../step-definition.js';

export interface FitJob extends StepJob {
  readonly task: CellSource;
  readonly method: MethodSource;
  readonly output: ArtifactOutput;
}

/** The training side of a method. */
export const fitStep = defineStep<FitJob>({
  kind: 'fit',
  priority: 1,
  cell: { budgeted: true },
  cost: { likeness: likenessOfMethod },
  result: () => stateArtifact,
  code: codeOfMethod,
  run: fitMethod,
});

/** What the steps of one cell have in common. */
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

export function planFit(
  { source, parts, code }: TaskOfCells,
  { label, method, place, needs, ...cell }: CellToPlan,
): StepDraft<FitJob> {
  const output = fitStep.output({
    ...parts,
    harness: code?.explaining.hash,
    ...cell.parts,
    seed: method.seed,
    checkpoints: method.checkpoints.map(({ key }) => key),
    trajectory: method.trajectory?.key,
    subsets: method.subsets?.key,
  });
  return fitStep.draft({
    label: `fit ${label}`,
    task: namesOf(source).id,
    method: method.id,
    needs,
    outputs: [output],
    job: { task: source, method, output },
    place: ['fit', ...place],
  });
}

/** The training side of a method: its state is kept for `score`. */
async function fitMethod(job: FitJob, ctx: StepContext): Promise<StepReport> {
  const opened = await openMethod(job.method, job.task, ctx);
  ctx.begun();
  const elapsed = stopwatch();
  const state = await opened.method.fit(opened.ctx, job.method.params);
  const spent = elapsed();
  checkState(state);
  await writeArtifact(ctx.store, job.output, stateArtifact, state);
  return spent;
}

/** @throws BenchError METHOD_STATE when it holds anything but arrays of numbers */
function checkState(state: MethodState): void {
  for (const [name, data] of Object.entries(state))
    if (!isNumericArray(data))
      throw new BenchError({
        code: 'METHOD_STATE',
        message: `fit returned ${JSON.stringify(name)} that is not a Float32Array, Float64Array, Int32Array or Uint8Array`,
        next: 'return plain arrays by name',
      });
}

function isNumericArray(value: unknown): value is NumericArray {
  return [Float32Array, Float64Array, Int32Array, Uint8Array].some((type) => value instanceof type);
}
