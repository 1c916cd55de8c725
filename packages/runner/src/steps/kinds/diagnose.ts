import { deriveSeed, type NdArray } from '@attribution-bench/contract';
import { generatorDiagnostics } from '@attribution-bench/metrics/generative';
import type { ArtifactOutput } from '@attribution-bench/store';
import { type Code, dataKey, readPackage, type TaskSpec } from '@attribution-bench/tasks';
import { writeArtifact } from '../../artifacts/codec.js';
import { diagnosisArtifact } from '../../artifacts/diagnosis.js';
import type { DataSource, StepJob } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { TaskToPlan } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { readData } from '../read-data.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, likenessByParts } from '../step-definition.js';

export interface DiagnoseJob extends StepJob {
  readonly spec: TaskSpec;
  readonly source: DataSource;
  readonly output: ArtifactOutput;
}

/** Compares the generated queries of a generator with its training and held-out points. */
export const diagnoseStep = defineStep<DiagnoseJob>({
  kind: 'diagnose',
  priority: 3,
  cost: { likeness: (job, made) => likenessByParts(job, { ...made, data: dataKey(job.spec) }) },
  result: () => diagnosisArtifact,
  forTask: planDiagnosis,
  run: diagnoseGenerated,
});

/** The code that makes it. */
export function diagnosisCode(): Code {
  return readPackage('@attribution-bench/metrics', { part: './generative', names: ['generatorDiagnostics'] });
}

/** For tasks that have generated queries and held-out ones to compare them with. */
function planDiagnosis({ task, source, dataSteps }: TaskToPlan): StepDraft[] {
  const { id, spec } = task;
  const { dataset, generated } = source;
  if (generated === undefined || spec.queries.heldout === 0) return [];
  const code = diagnosisCode().hash;
  const output = diagnoseStep.output({ dataset: dataset.key, generated: generated.key, code });
  const draft = diagnoseStep.draft({
    label: `diagnostics of ${id}`,
    task: id,
    needs: dataSteps,
    outputs: [output],
    job: { spec, source: { dataset, generated }, output },
    place: [],
  });
  return [draft];
}

/** What the generated queries are like beside the training points and the held-out queries, in the space of the inputs. */
async function diagnoseGenerated(
  job: DiagnoseJob,
  { store, points: memory, cancel }: StepContext,
): Promise<StepReport> {
  const { spec, source, output } = job;
  const data = await readData(store, source, memory);
  const elapsed = stopwatch();
  const dims = data.inputs.length / data.labels.length;
  const points = (values: Float32Array): NdArray<Float32Array> => ({
    shape: [values.length / dims, dims],
    data: values,
  });
  const heldout = spec.queries.heldout * dims;
  const diagnosis = await generatorDiagnostics(
    {
      train: points(data.inputs),
      test: points(data.queryInputs.slice(0, heldout)),
      generated: points(data.queryInputs.slice(heldout)),
    },
    deriveSeed(spec.seed, 'generator-diagnostics', 'metric'),
    () => cancel.throwIfAborted(),
  );
  await writeArtifact(store, output, diagnosisArtifact, diagnosis);
  return elapsed();
}
