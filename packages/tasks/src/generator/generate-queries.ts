import { type CancelSignal, childSeed, deriveSeed, type Seed } from '@attribution-bench/contract';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import type { TaskData } from '../data/task-data.js';
import { generatedKey } from '../keys.js';
import type { TaskSpec } from '../spec.js';
import { openTrainer } from '../training/trainer.js';
import { generatorObjective } from './objective.js';
import { openSampler, type Sampling } from './sampler.js';
import { generatorSubject } from './subject.js';

export interface GenerateRequest {
  readonly engine: Engine;
  readonly cancel: CancelSignal;
  /** Share done, 0 to 1. */
  progress?(done: number): void;
}

/**
 * Adds a generator's generated queries to its data: trains a model on all training points, apart from those that methods
 * and truth use, and draws images from it. Data of other tasks is returned as it is.
 * @param data what {@link prepareData} gave for the same spec
 * @throws BenchError TRAINING_DIVERGED
 */
export async function generateQueries(
  spec: TaskSpec,
  data: TaskData,
  { engine, cancel, progress }: GenerateRequest,
): Promise<TaskData> {
  const { generated } = spec.queries;
  if (generated === 0) return data;
  const subject = generatorSubject(spec, data);
  const trainer = await openTrainer(engine, generatorObjective(subject, data, spec), 1);
  let parameters: Float32Array;
  try {
    const seed = deriveSeed(spec.seed, generatedKey(spec), 'data', 'generating-model');
    const [run] = await trainer.train({ runs: [{ seed }], cancel, ...(progress === undefined ? {} : { progress }) });
    parameters = run.parameters;
  } finally {
    await trainer.release();
  }
  const sampler = await openSampler(engine, subject, data.inputShape, samplingOf(spec));
  try {
    const indices = Array.from({ length: generated }, (_, index) => index);
    const images = await sampler.sample(parameters, indices, samplingSeed(spec), cancel);
    const labels = new Int32Array(generated).fill(-1);
    return withGenerated(data, { images, labels, ids: generatedIds(generated), model: parameters });
  } finally {
    await sampler.release();
  }
}

export function samplingOf({ queries }: TaskSpec): Sampling {
  return { sampler: queries.sampler ?? 'ddim', steps: queries.samplerSteps ?? 50 };
}

/** The seed of all images of a task: image i of any model starts from the same noise. */
export function samplingSeed(spec: TaskSpec): Seed {
  return childSeed(deriveSeed(spec.seed, generatedKey(spec), 'data', 'images'), 'sampling');
}

/** Queries that a generator drew itself. */
export interface GeneratedQueries {
  /** [count × dims] */
  readonly images: Float32Array;
  /** [count] */
  readonly labels: Int32Array;
  /** Where they come from, [count]. */
  readonly ids: readonly string[];
  /** Parameters of the model that drew them. */
  readonly model: Float32Array;
}

/** The data with generated queries after its own, and the model that drew them. */
export function withGenerated(data: TaskData, { images, labels, ids, model }: GeneratedQueries): TaskData {
  const queryInputs = new Float32Array(data.queryInputs.length + images.length);
  queryInputs.set(data.queryInputs);
  queryInputs.set(images, data.queryInputs.length);
  return {
    ...data,
    queryInputs,
    generatingModel: model,
    queryLabels: Int32Array.from([...data.queryLabels, ...labels]),
    queryIds: [...data.queryIds, ...ids],
  };
}

/** Where generated queries come from, whatever they turn out to be. */
export function generatedIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `generated/${index}`);
}
