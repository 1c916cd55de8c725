import { type Json, Rng, type SubsetDesign, type TaskInfo } from '@attribution-bench/contract';
import type { ArtifactOutput, ArtifactRef } from '@attribution-bench/store';
import { drawSubset, type SubsetScope, seriesOf } from '@attribution-bench/tasks';
import { readArtifact, writeArtifact } from '../../artifacts/codec.js';
import { subsetModelArtifact } from '../../artifacts/subset-model.js';
import { subsetsArtifact } from '../../artifacts/subset-outcomes.js';
import type { StepJob } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { TaskToPlan } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { madeUpNumbers, madeUpSeed } from '../made-up.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep } from '../step-definition.js';
import { subsetScope } from './subset-models.js';

export interface OwnSubsetsJob extends StepJob {
  readonly info: Pick<TaskInfo, 'train' | 'queries'>;
  readonly design: SubsetDesign;
  readonly scope: SubsetScope;
  /** What training on each subset of the design came to, in its order. */
  readonly rows: readonly ArtifactRef[];
  readonly output: ArtifactOutput;
}

const secondsPerRow = 0.001;

/** Puts together what training on all subsets of a design came to: what methods with that design are given. */
export const ownSubsetsStep = defineStep<OwnSubsetsJob>({
  kind: 'own-subsets',
  priority: 4,
  cost: {
    likeness: (_job, { task, design }) => ({ task: task ?? null, design: design ?? null }),
    seconds: ({ rows }) => rows.length * secondsPerRow,
    standIn: ({ info: { train, queries }, design, scope, rows }) =>
      subsetsArtifact.encode({
        members: membersOf(design, scope),
        targets: Float64Array.from(madeUpNumbers(rows.length * queries)),
        ...(design.draw === 'bootstrap' && { onTrain: madeUpOutcomes(rows.length * train) }),
        train,
      }),
  },
  result: () => subsetsArtifact,
  run: assembleSubsets,
});

/** @param rows one result for each subset of the design @param needs the steps that make them */
export function planOwnSubsets(
  planned: TaskToPlan,
  design: SubsetDesign,
  seed: number,
  rows: readonly ArtifactOutput[],
  needs: readonly string[],
): StepDraft<OwnSubsetsJob> {
  const { task, info, parts } = planned;
  const output = ownSubsetsStep.output({ ...parts, design: { ...design } as Json, seed });
  return ownSubsetsStep.draft({
    label: `subsets of ${task.id} for methods to learn from, ${design.draw}, seed ${seed}`,
    task: task.id,
    needs,
    outputs: [output],
    job: {
      info: { train: info.train, queries: info.queries },
      design,
      scope: subsetScope(planned, seed),
      rows,
      output,
    },
    place: ['own-subsets', { ...design } as Json, seed],
  });
}

async function assembleSubsets(job: OwnSubsetsJob, { store, progress }: StepContext): Promise<StepReport> {
  const elapsed = stopwatch();
  const { info, design, scope, rows, output } = job;
  const { train, queries } = info;
  const targets = new Float64Array(rows.length * queries);
  const onTrain = design.draw === 'bootstrap' ? new Float32Array(rows.length * train) : undefined;
  for (const [row, ref] of rows.entries()) {
    const model = await readArtifact(store, ref, subsetModelArtifact(info));
    targets.set(model.targets, row * queries);
    if (model.onTrain !== undefined) onTrain?.set(model.onTrain, row * train);
    progress((row + 1) / rows.length);
  }
  const members = membersOf(design, scope);
  await writeArtifact(store, output, subsetsArtifact, { members, targets, ...(onTrain && { onTrain }), train });
  return elapsed();
}

function membersOf(design: SubsetDesign, scope: SubsetScope): Int32Array[] {
  return seriesOf(design, scope.train).flatMap(({ kind, count }) =>
    Array.from({ length: count }, (_, index) => drawSubset(kind, index, scope).members),
  );
}

function madeUpOutcomes(count: number): Float32Array {
  const rng = new Rng(madeUpSeed(1));
  return Float32Array.from({ length: count }, () => rng.below(2));
}
