import { BenchError } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import { dataCode, dataFingerprint, dataKey, prepareData, type TaskSpec } from '@attribution-bench/tasks';
import { writeArtifact } from '../../artifacts/codec.js';
import { datasetArtifact } from '../../artifacts/dataset.js';
import type { ModelTask } from '../../model/grid.js';
import type { StepJob } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { StepReport } from '../../model/work.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, likenessByParts, trifleSeconds } from '../step-definition.js';

export interface DatasetJob extends StepJob {
  readonly spec: TaskSpec;
  readonly output: ArtifactOutput;
}

/** Gets at a task's points. */
export const datasetStep = defineStep<DatasetJob>({
  kind: 'dataset',
  priority: 9,
  cost: { likeness: likenessByParts, seconds: () => trifleSeconds },
  result: () => datasetArtifact,
  code: ({ spec }) => ({ data: spec }),
  run: makeDataset,
});

/** @param fingerprint hash of the user's own data files, where the task is made from any */
export function planDataset({ id, spec }: ModelTask, fingerprint: string | undefined): StepDraft<DatasetJob> {
  const harness = dataCode(spec).hash;
  const output = datasetStep.output({ data: dataKey(spec), fingerprint, harness });
  return datasetStep.draft({
    label: `data of ${id}`,
    task: id,
    needs: [],
    outputs: [output],
    job: { spec, output },
    place: [],
  });
}

/**
 * Reads or downloads a task's data and keeps exactly what the task is fed.
 * @throws BenchError DATA_CHANGED when the user's files are not those that the plan was made with
 */
export async function makeDataset(
  { spec, output }: DatasetJob,
  { store, points, environment, log }: Pick<StepContext, 'store' | 'points' | 'environment' | 'log'>,
): Promise<StepReport> {
  const elapsed = stopwatch();
  const data = await prepareData(spec, { ...environment, log });
  if ((await dataFingerprint(spec)) !== output.made.fingerprint) throw changed(spec.id);
  await writeArtifact(store, output, datasetArtifact, data);
  points.keep(output, data.inputs);
  return elapsed();
}

function changed(task: string): BenchError {
  return new BenchError({
    code: 'DATA_CHANGED',
    place: `task "${task}"`,
    message: 'has data files that changed while the grid ran',
    next: 'run it again',
  });
}
