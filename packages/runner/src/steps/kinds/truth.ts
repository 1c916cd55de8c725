import { BenchError, Rng } from '@attribution-bench/contract';
import type { ArtifactOutput, ArtifactRef } from '@attribution-bench/store';
import { readArtifact, writeArtifact } from '../../artifacts/codec.js';
import type { Retraining } from '../../artifacts/retraining.js';
import { truthArtifact } from '../../artifacts/truth.js';
import type { StepJob, TaskSource } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { SubsetRule } from '../../model/subset-rule.js';
import type { TaskToPlan } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { drawSubsets } from '../draw-subsets.js';
import { madeUpNumbers, madeUpSeed } from '../made-up.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, likenessByParts } from '../step-definition.js';
import { subsetSize } from '../subset-rule.js';
import { retrainingOf } from './retrain.js';

export interface TruthJob extends StepJob {
  readonly task: Pick<TaskSource, 'spec' | 'key' | 'dataset'>;
  readonly rule: SubsetRule;
  readonly retrainSeeds: number;
  /** [subsets × retrainSeeds] */
  readonly rows: readonly ArtifactRef[];
  readonly output: ArtifactOutput;
}

const secondsPerRow = 0.001;

/** Puts all retrainings of a task together. */
export const truthStep = defineStep<TruthJob>({
  kind: 'truth',
  priority: 4,
  cost: {
    likeness: likenessByParts,
    seconds: ({ rows }) => rows.length * secondsPerRow,
    standIn({ rule, rows, retrainSeeds }, { train, queries }) {
      const subsets = rows.length / retrainSeeds;
      const rng = new Rng(madeUpSeed(1));
      return truthArtifact.encode({
        subsets,
        retrainSeeds,
        queries,
        members: Array.from({ length: subsets }, () => rng.subset(train, subsetSize(rule, train))),
        outputs: madeUpNumbers(rows.length * queries),
        losses: new Float32Array(rows.length),
        weights: rows.map(() => '0'.repeat(64)),
      });
    },
  },
  result: () => truthArtifact,
  run: assembleTruth,
});

/** @param rows one retraining of every subset with every seed, [subsets × retrainSeeds] */
export function planAssembly(
  { task, source, parts }: TaskToPlan,
  { rule, retrainSeeds, rows }: Pick<TruthJob, 'rule' | 'retrainSeeds' | 'rows'>,
  needs: readonly string[],
): StepDraft<TruthJob> {
  const output = truthStep.output({ ...parts, ...rule, subsets: rows.length / retrainSeeds, retrainSeeds });
  return truthStep.draft({
    label: `truth of ${task.id}`,
    task: task.id,
    needs,
    outputs: [output],
    job: { task: source, rule, retrainSeeds, rows, output },
    place: ['truth'],
  });
}

async function assembleTruth(job: TruthJob, { store, progress }: StepContext): Promise<StepReport> {
  const elapsed = stopwatch();
  const { retrainSeeds } = job;
  const subsets = job.rows.length / retrainSeeds;
  const rows: Retraining[] = [];
  for (const [index, ref] of job.rows.entries()) {
    rows.push(await readArtifact(store, ref, retrainingOf(job.task.spec)));
    progress((index + 1) / job.rows.length);
  }
  const queries = rows[0].targets.length;
  const outputs = new Float32Array(rows.length * queries);
  for (const [row, { targets }] of rows.entries()) {
    if (!targets.every(Number.isFinite)) throw notFinite(job, row);
    outputs.set(targets, row * queries);
  }
  const membersOf = await drawSubsets(store, job.task, job.rule);
  await writeArtifact(store, job.output, truthArtifact, {
    subsets,
    retrainSeeds,
    queries,
    members: Array.from({ length: subsets }, (_, subset) => membersOf(subset)),
    outputs,
    losses: Float32Array.from(rows, ({ loss }) => loss),
    weights: rows.map(({ weights }) => weights),
  });
  return elapsed();
}

function notFinite({ task, retrainSeeds }: TruthJob, row: number): BenchError {
  const subset = Math.floor(row / retrainSeeds);
  return new BenchError({
    code: 'TRUTH_NOT_FINITE',
    place: task.spec.id,
    message: `the model retrained on subset ${subset}, seed ${row % retrainSeeds} has targets that are not finite`,
    next: 'lower model.lr or choose another target',
  });
}
