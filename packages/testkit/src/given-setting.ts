import { BenchError, type NdArray } from '@attribution-bench/contract';
import { openTask, type TaskData, type TaskSpec } from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import type { Setting } from './setting.js';

/** Points [train × ...], [queries × ...]; without labels all are of class 0. */
export interface GivenPoints extends Pick<TaskData, 'noise'> {
  readonly inputs: NdArray;
  readonly labels?: NdArray;
  readonly queryInputs: NdArray;
  readonly queryLabels?: NdArray;
}

/** Models by their flat parameters: the checkpoints, and the trajectory too. */
export interface GivenModels {
  readonly checkpoints: readonly Float32Array[];
  /** Learning rate that each carries; default 1. */
  readonly learningRates?: readonly number[];
}

/** A setting of given points and models in place of those that the spec would make. */
export async function givenSetting(
  spec: TaskSpec,
  points: GivenPoints,
  { checkpoints, learningRates = [] }: GivenModels,
): Promise<Setting> {
  const data = dataOf(spec, points);
  const task = await openTask(spec, data, onnxEngine);
  const loaded = checkpoints.map((parameters, run) => {
    if (parameters.length !== task.info.parameters)
      throw new BenchError({
        code: 'TESTKIT_WEIGHTS',
        message: `checkpoint ${run} has ${parameters.length} parameters, the model ${task.info.parameters}`,
      });
    return {
      id: `given/${run}`,
      run,
      step: run + 1,
      epoch: run + 1,
      learningRate: learningRates[run] ?? 1,
      parameters,
      seed: [0, 0, 0, run],
    } as const;
  });
  return {
    spec,
    data,
    task,
    async models(uses) {
      const wanted = Math.max(uses.checkpoints, uses.trajectory);
      if (wanted > loaded.length)
        throw new BenchError({
          code: 'TESTKIT_WEIGHTS',
          message: `the method uses ${wanted} models, ${loaded.length} are given`,
        });
      return { checkpoints: loaded.slice(0, uses.checkpoints), trajectory: loaded.slice(0, uses.trajectory) };
    },
  };
}

function dataOf(spec: TaskSpec, { inputs, labels, queryInputs, queryLabels, noise }: GivenPoints): TaskData {
  const [train, ...inputShape] = inputs.shape;
  const [queries] = queryInputs.shape;
  return {
    inputs: Float32Array.from(inputs.data),
    labels: Int32Array.from(labels?.data ?? new Int32Array(train)),
    flipped: new Uint8Array(train),
    queryInputs: Float32Array.from(queryInputs.data),
    queryLabels: Int32Array.from(queryLabels?.data ?? new Int32Array(queries)),
    inputShape,
    classes: spec.data.classes as number,
    ids: Array.from({ length: train }, (_, row) => `train/${row}`),
    queryIds: Array.from({ length: queries }, (_, row) => `query/${row}`),
    ...(noise !== undefined && { noise }),
  };
}
