import { BenchError, type NdArray, sizeOf } from '@attribution-bench/contract';
import { openTask, type TaskData } from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { type Setting, taskSpec } from './setting.js';

export interface Fixture {
  /** [train × ...] and [train]. */
  readonly inputs: NdArray;
  readonly labels: NdArray;
  /** [queries × ...] and [queries]. */
  readonly queryInputs: NdArray;
  readonly queryLabels: NdArray;
  readonly classes: number;
  /** As in a grid file, e.g. `{ use: 'mlp', hidden: [32] }`. */
  readonly model: Readonly<Record<string, unknown>>;
  /** Default `margin`. */
  readonly target?: string;
  /** Flat parameters of each checkpoint, in the task's order; see `torchLayers`. They are the trajectory too. */
  readonly checkpoints: readonly Float32Array[];
  /** Learning rate that each checkpoint carries; default 1. */
  readonly learningRates?: readonly number[];
}

/** A classifier over given points with given weights, so that published numbers can be met by a method end to end. */
export async function fixtureTask(fixture: Fixture): Promise<Setting> {
  const { inputs, labels, queryInputs, queryLabels, classes, model, target = 'margin', checkpoints } = fixture;
  const [train, ...inputShape] = inputs.shape;
  const [queries] = queryInputs.shape;
  const points = { use: 'synthetic', train, queries, classes, dims: sizeOf(inputShape) };
  const spec = taskSpec({ id: 'fixture', data: points, model, target }, 0);
  const data: TaskData = {
    inputs: Float32Array.from(inputs.data),
    labels: Int32Array.from(labels.data),
    flipped: new Uint8Array(train),
    queryInputs: Float32Array.from(queryInputs.data),
    queryLabels: Int32Array.from(queryLabels.data),
    inputShape,
    classes,
    ids: Array.from({ length: train }, (_, row) => `train/${row}`),
    queryIds: Array.from({ length: queries }, (_, row) => `query/${row}`),
  };
  const task = await openTask(spec, data, onnxEngine);
  const loaded = checkpoints.map((parameters, run) => {
    if (parameters.length !== task.info.parameters)
      throw new BenchError({
        code: 'TESTKIT_WEIGHTS',
        message: `checkpoint ${run} has ${parameters.length} parameters, the model ${task.info.parameters}`,
      });
    const learningRate = fixture.learningRates?.[run] ?? 1;
    return {
      id: `given/${run}`,
      run,
      step: run + 1,
      epoch: run + 1,
      learningRate,
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
