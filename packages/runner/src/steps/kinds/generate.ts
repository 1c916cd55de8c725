import { Rng, sizeOf } from '@attribution-bench/contract';
import type { ArtifactOutput, ArtifactRef } from '@attribution-bench/store';
import { generatedIds, generatedKey, generateQueries, type TaskSpec } from '@attribution-bench/tasks';
import type { EngineName } from '@attribution-bench/tfjs-onnx';
import { readArtifact, writeArtifact } from '../../artifacts/codec.js';
import { datasetArtifact } from '../../artifacts/dataset.js';
import { generatedArtifact } from '../../artifacts/generated-queries.js';
import type { StepJob, TaskSource } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { StepReport } from '../../model/work.js';
import { madeUpParameters, madeUpSeed } from '../made-up.js';
import { engineOf } from '../open-tasks.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, likenessByParts, stepIdOf } from '../step-definition.js';

export interface GenerateJob extends StepJob {
  readonly spec: TaskSpec;
  readonly dataset: ArtifactRef;
  readonly engine: EngineName;
  readonly output: ArtifactOutput;
}

/** Draws the generated queries of a generator. */
export const generateStep = defineStep<GenerateJob>({
  kind: 'generate',
  priority: 8,
  cost: {
    likeness: likenessByParts,
    trainedPoints: (_job, train) => train,
    standIn(_job, { inputShape, generated = 0, parameters }) {
      const rng = new Rng(madeUpSeed(1));
      return generatedArtifact.encode({
        images: Float32Array.from({ length: generated * sizeOf(inputShape) }, () => 2 * rng.uniform() - 1),
        labels: new Int32Array(generated).fill(-1),
        ids: generatedIds(generated),
        model: madeUpParameters(parameters),
      });
    },
  },
  result: () => generatedArtifact,
  code: ({ spec }) => ({ network: spec }),
  run: makeGenerated,
});

/** @param parts of the keys of what comes out of the task's models: engine and harness */
export function planGenerated(
  { spec, dataset, engine }: TaskSource,
  parts: Pick<ArtifactOutput['made'], 'engine' | 'harness'>,
): StepDraft<GenerateJob> {
  const output = generateStep.output({ data: generatedKey(spec), dataset: dataset.key, ...parts });
  return generateStep.draft({
    label: `generated queries of ${spec.id}`,
    task: spec.id,
    needs: [stepIdOf(dataset)],
    outputs: [output],
    job: { spec, dataset, engine, output },
    place: [],
  });
}

/** Draws a generator's generated queries and keeps them beside its data. */
async function makeGenerated(job: GenerateJob, { store, cancel, progress }: StepContext): Promise<StepReport> {
  const { spec, dataset, engine, output } = job;
  const data = await readArtifact(store, dataset, datasetArtifact);
  const elapsed = stopwatch();
  const whole = await generateQueries(spec, data, { engine: await engineOf(engine), cancel, progress });
  const heldout = data.queryLabels.length;
  await writeArtifact(store, output, generatedArtifact, {
    images: whole.queryInputs.slice(data.queryInputs.length),
    labels: whole.queryLabels.slice(heldout),
    ids: whole.queryIds.slice(heldout),
    model: whole.generatingModel ?? new Float32Array(),
  });
  return elapsed();
}
