import { Rng, type TaskInfo } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import { readArtifact, writeArtifact } from '../../artifacts/codec.js';
import { foreignTruthPart } from '../../artifacts/foreign-truth.js';
import { subsetsArtifact } from '../../artifacts/subset-outcomes.js';
import type { ForeignSource, StepJob } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { StepReport } from '../../model/work.js';
import { madeUpNumbers, madeUpSeed } from '../made-up.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, stepIdOf, trifleSeconds } from '../step-definition.js';

export interface SubsetsJob extends StepJob {
  readonly truth: ArtifactOutput;
  /** Numbers of the subsets that methods may learn from. */
  readonly subsets: readonly number[];
  readonly output: ArtifactOutput;
}

/**
 * Takes the subsets that methods may learn from out of a truth. Methods are given this result and never the truth itself, so
 * that nothing that values are reported on reaches them.
 */
export const subsetsStep = defineStep<SubsetsJob>({
  kind: 'subsets',
  priority: 8,
  cost: {
    likeness: (_job, { truth }) => ({ truth: truth ?? null }),
    seconds: () => trifleSeconds,
    standIn: ({ subsets }, { train, queries }) => madeUpSubsets(subsets.length, { train, queries }),
  },
  result: () => subsetsArtifact,
  run: takeSubsets,
});

export function planSubsets({ id, truth }: ForeignSource, shown: Int32Array): StepDraft<SubsetsJob> {
  const subsets = [...shown];
  const output = subsetsStep.output({ truth: truth.key, subsets });
  return subsetsStep.draft({
    label: `subsets of ${id} to learn from`,
    task: id,
    needs: [stepIdOf(truth)],
    outputs: [output],
    job: { truth, subsets, output },
    place: [],
  });
}

async function takeSubsets({ truth, subsets, output }: SubsetsJob, { store }: StepContext): Promise<StepReport> {
  const { members, outputs, retrainSeeds, queries, train } = await readArtifact(
    store,
    truth,
    foreignTruthPart(truth.key),
  );
  const elapsed = stopwatch();
  const targets = new Float64Array(subsets.length * queries);
  for (const [row, subset] of subsets.entries())
    for (let run = 0; run < retrainSeeds; run++)
      for (let query = 0; query < queries; query++)
        targets[row * queries + query] += outputs[(subset * retrainSeeds + run) * queries + query] / retrainSeeds;
  await writeArtifact(store, output, subsetsArtifact, {
    members: subsets.map((subset) => members[subset]),
    targets,
    train,
  });
  return elapsed();
}

function madeUpSubsets(count: number, { train, queries }: Pick<TaskInfo, 'train' | 'queries'>) {
  const rng = new Rng(madeUpSeed(1));
  return subsetsArtifact.encode({
    members: Array.from({ length: count }, () => rng.subset(train, Math.ceil(train / 2))),
    targets: Float64Array.from(madeUpNumbers(count * queries)),
    train,
  });
}
