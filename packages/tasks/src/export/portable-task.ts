import { type ModelKind, type PointSet, type Seed, sizeOf } from '@attribution-bench/contract';
import { type NetworkFile, networkFile } from '@attribution-bench/tfjs-onnx';
import { classReferences } from '../classifier/class-references.js';
import { datasets } from '../data/datasets.js';
import type { TaskData } from '../data/task-data.js';
import { timeColumn } from '../generator/levels.js';
import { type GeneratorSubject, generatorSubject } from '../generator/subject.js';
import { withoutPlaces } from '../keys.js';
import { models } from '../models/models.js';
import { unpacked } from '../nn/architecture/flat.js';
import type { Architecture, ParameterSpec } from '../nn/architecture/layer.js';
import { withParameters } from '../nn/interpreters/apply.js';
import type { Pass, Subject } from '../passes/pass.js';
import { responseReferences } from '../regressor/response-references.js';
import type { Choice, TaskSpec } from '../spec.js';
import { supervisedSubject } from '../supervised/subject.js';
import { targets } from '../targets/targets.js';
import { stepsPerEpoch } from '../training/batch-order.js';
import { type RunRecord, runRecord } from './run-record.js';
import { lossWords, trainingWords, type Words } from './words.js';

/** A named thing of a task, and what is known of it. */
export interface Described {
  readonly use: string;
  readonly title: string;
  readonly params: Omit<Choice, 'use'>;
}

/** A task as others need it to compute with it without this code. */
export interface PortableTask {
  readonly kind: ModelKind;
  readonly architecture: Pick<Architecture, 'layers' | 'parameters' | 'statistics' | 'arrays' | 'size'>;
  readonly model: Described & { readonly cite?: string; readonly sha256?: string };
  readonly data: Described & { readonly licence: string; readonly source: string };
  readonly target: Words & { readonly title: string; readonly params: Omit<Choice, 'use'> };
  readonly loss: Words;
  /** Optimiser steps of a run on the whole training set. */
  readonly steps: number;
  readonly trainingWords: string;
  readonly diffusion?: PortableDiffusion;
  /** Shapes of the network's inputs and of its output, of one row. */
  readonly networkInputs: Readonly<Record<string, readonly number[]>>;
  readonly networkOutputs: number;
  /** The network as an ONNX file with these parameters. */
  network(parameters: Float32Array): Promise<NetworkFile>;
  /** The arrays of a model by name: views of its flat vector. */
  tensors(
    parameters: Float32Array,
  ): Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;
  run(seed: Seed): RunRecord;
}

/** The noise of a generator. */
export interface PortableDiffusion {
  readonly steps: number;
  readonly timeFeatures: number;
  /** [steps] */
  readonly alphasCumprod: Float64Array;
  /** [steps × (2 + timeFeatures)]: signal, noise, time features. */
  readonly levels: Float32Array;
  readonly target: { readonly timesteps: readonly number[]; readonly draws: number };
  readonly method: { readonly timesteps: readonly number[] };
  /** The noise of one query in the target, [timesteps × draws × dims]. */
  targetNoise(query: number): Float32Array;
  /** The noise of one point as methods see it, [timesteps × dims]. */
  methodNoise(of: PointSet, point: number): Float32Array;
}

/** @param data with the generated queries */
export function portableTask(spec: TaskSpec, data: TaskData): PortableTask {
  const { kind } = spec;
  const generator = kind === 'generator' ? generatorSubject(spec, data) : undefined;
  const references = () => (kind === 'regressor' ? responseReferences(spec.model, data) : classReferences(data));
  const subject: Subject = generator ?? supervisedSubject(spec, data, references());
  const { architecture, network } = subject;
  const { arrays } = architecture;
  const diffusion = generator === undefined ? undefined : portableDiffusion(generator);
  const inputs = {
    x: data.inputShape,
    ...(diffusion === undefined ? {} : { time: [diffusion.timeFeatures] }),
  };
  const tensors = (parameters: Float32Array) => byName(arrays, parameters);
  return {
    kind,
    architecture,
    model: describedModel(spec),
    data: describedData(spec),
    target: describedTarget(spec),
    loss: lossWords(spec),
    steps: stepsPerEpoch(data.labels.length, spec.training.batch) * spec.training.epochs,
    trainingWords: trainingWords(spec),
    ...(diffusion === undefined ? {} : { diffusion }),
    networkInputs: inputs,
    networkOutputs: outputsOf(kind, data),
    network: (parameters) =>
      networkFile(
        ({ x, time, ...weights }) => ({ output: network.forward(withParameters(weights), x, time) }),
        Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, { shape, dtype: 'float32' }])),
        tensors(parameters),
      ),
    tensors,
    run: (seed) => runRecord(spec, architecture, data, seed),
  };
}

function outputsOf(kind: ModelKind, { classes, inputShape }: TaskData): number {
  if (kind === 'regressor') return 1;
  return kind === 'classifier' ? classes : sizeOf(inputShape);
}

function byName(arrays: readonly ParameterSpec[], parameters: Float32Array): ReturnType<PortableTask['tensors']> {
  const views = unpacked(arrays, parameters);
  return Object.fromEntries(arrays.map(({ name, shape }) => [name, { shape, data: views[name] }]));
}

function portableDiffusion(subject: GeneratorSubject): PortableDiffusion {
  const { diffusion, levels, levelWidth, targetNoise, usualTimesteps } = subject;
  const methodPass = subject.pass();
  const noiseOf = (pass: Pass, of: PointSet, point: number) => pass.feeds(of, point, 1, 1).noise as Float32Array;
  return {
    ...diffusion,
    timeFeatures: levelWidth - timeColumn,
    levels,
    target: targetNoise,
    method: { timesteps: usualTimesteps },
    targetNoise: (query) => noiseOf(subject.targetPass, 'queries', query),
    methodNoise: (of, point) => noiseOf(methodPass, of, point),
  };
}

/** The architecture alone: how it is trained is in the recipe. */
function describedModel(spec: TaskSpec): PortableTask['model'] {
  const { use, sha256, ...params } = withoutPlaces(spec).model;
  const known = models[use];
  return {
    use,
    title: known?.title ?? "a user's own network",
    ...(known?.cite === undefined ? {} : { cite: known.cite }),
    params,
    ...(typeof sha256 === 'string' ? { sha256 } : {}),
  };
}

function describedData(spec: TaskSpec): PortableTask['data'] {
  const { use, ...params } = withoutPlaces(spec).data;
  const { title, licence, home } = datasets[use];
  return { use, title, params, licence, source: home };
}

function describedTarget({ target: { use, ...params } }: TaskSpec): PortableTask['target'] {
  const { id, title, words, formula } = targets[use];
  return { id, title, params, words, formula };
}
