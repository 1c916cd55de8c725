import { type NdArray, sizeOf } from '@attribution-bench/contract';
import { givenSetting } from './given-setting.js';
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
  const { inputs, labels, queryInputs, queryLabels, classes, model, target = 'margin' } = fixture;
  const [train, ...inputShape] = inputs.shape;
  const points = { use: 'synthetic', train, queries: queryInputs.shape[0], classes, dims: sizeOf(inputShape) };
  const spec = taskSpec({ id: 'fixture', data: points, model, target }, 0);
  return givenSetting(spec, { inputs, labels, queryInputs, queryLabels }, fixture);
}
