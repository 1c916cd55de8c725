import { BenchError } from '@attribution-bench/contract';
import { type ForeignTruth, foreignDigest, readForeignTruth } from '@attribution-bench/exchange';
import type { ArtifactOutput } from '@attribution-bench/store';
import { writeArtifact } from '../../artifacts/codec.js';
import { foreignArtifact } from '../../artifacts/foreign-truth.js';
import type { ForeignTask } from '../../model/grid.js';
import type { StepJob } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { StepReport } from '../../model/work.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, likenessByParts, trifleSeconds } from '../step-definition.js';

export interface ForeignTruthJob extends StepJob {
  /** Where it is read from; absent where the grid names what was imported. */
  readonly folder?: string;
  readonly output: ArtifactOutput;
}

/** Reads a truth that others published and keeps it in the one form that everything else reads. */
export const foreignTruthStep = defineStep<ForeignTruthJob>({
  kind: 'foreign-truth',
  priority: 9,
  cost: { likeness: likenessByParts, seconds: () => trifleSeconds },
  result: () => foreignArtifact,
  run: keepForeignTruth,
});

/** Where a truth is kept: under the hash of what it says. */
export function foreignOutput(truth: ForeignTruth): ArtifactOutput {
  return foreignTruthStep.output({ content: foreignDigest(truth) });
}

export function planForeignTruth({ id, foreign }: ForeignTask, output: ArtifactOutput): StepDraft<ForeignTruthJob> {
  return foreignTruthStep.draft({
    label: `published truth of ${id}`,
    task: id,
    needs: [],
    outputs: [output],
    job: { ...('folder' in foreign && { folder: foreign.folder }), output },
    place: [],
  });
}

async function keepForeignTruth({ folder, output }: ForeignTruthJob, { store }: StepContext): Promise<StepReport> {
  const elapsed = stopwatch();
  if (folder === undefined)
    throw new BenchError({
      code: 'FOREIGN_MISSING',
      message: `the published truth ${output.key.slice(0, 12)} is not stored any more`,
      next: 'import it again: bench truth import --foreign FOLDER',
    });
  const truth = await readForeignTruth(folder);
  if (foreignOutput(truth).key !== output.key)
    throw new BenchError({
      code: 'DATA_CHANGED',
      place: folder,
      message: 'holds a published truth that changed while the grid ran',
      next: 'run it again',
    });
  await writeArtifact(store, output, foreignArtifact, truth);
  return elapsed();
}
