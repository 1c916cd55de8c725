import { type NdArray, Rng } from '@attribution-bench/contract';
import { fixtureTask } from './fixture-task.js';
import type { Setting } from './setting.js';

const [dims, width, classes] = [5, 8, 4];
const learningRate = 0.1;

/** A classifier that is sure of most points, right or wrong, and its gradients in float64, as rows of length p. */
export interface ConfidentPoints {
  readonly setting: Setting;
  /** Learning rate of the only model of the trajectory. */
  readonly learningRate: number;
  /** 1 - p of the label of each training point. */
  readonly doubts: readonly number[];
  /** Gradients of the training loss of each training point. */
  readonly points: readonly (readonly number[])[];
  /** Gradients of the target of each query, the negated loss. */
  readonly queries: readonly (readonly number[])[];
}

/**
 * What methods that multiply gradients are compared with where p rounds to 1: an MLP with a large last layer, whose 1 - p
 * goes from about 1e-1 to less than 1e-12; every fifth point has another label than the class it is taken for.
 */
export async function confidentPoints(): Promise<ConfidentPoints> {
  const rng = new Rng([9, 2, 3, 4]);
  const draw = (count: number, scale: number) => Float32Array.from({ length: count }, () => scale * rng.normal());
  const parameters = Float32Array.from([...draw((dims + 1) * width, 0.7), ...draw((width + 1) * classes, 4.2)]);
  const inputs = draw(40 * dims, 1);
  const queryInputs = draw(15 * dims, 1);
  const labels = labelsOf(parameters, inputs);
  const queryLabels = labelsOf(parameters, queryInputs);
  const rowsOf = (data: Float32Array, labels: Int32Array) =>
    Array.from(labels, (label, point) => lossGradient(parameters, data.subarray(point * dims), label));
  const array = (data: Float32Array | Int32Array, ...shape: number[]): NdArray => ({ shape, data });
  const setting = await fixtureTask({
    inputs: array(inputs, labels.length, dims),
    labels: array(labels, labels.length),
    queryInputs: array(queryInputs, queryLabels.length, dims),
    queryLabels: array(queryLabels, queryLabels.length),
    classes,
    model: { use: 'mlp', hidden: [width] },
    target: 'neg-loss',
    checkpoints: [parameters],
    learningRates: [learningRate],
  });
  const points = rowsOf(inputs, labels);
  return {
    setting,
    learningRate,
    doubts: points.map(({ doubt }) => doubt),
    points: points.map(({ gradient }) => gradient),
    queries: rowsOf(queryInputs, queryLabels).map(({ gradient }) => gradient.map((entry) => -entry)),
  };
}

function labelsOf(parameters: Float32Array, inputs: Float32Array): Int32Array {
  return Int32Array.from({ length: inputs.length / dims }, (_, point) => {
    const { logits } = forward(parameters, inputs.subarray(point * dims));
    const taken = logits.indexOf(Math.max(...logits));
    return point % 5 === 4 ? (taken + 1) % classes : taken;
  });
}

/** [dims + 1 × width] then [width + 1 × classes], the constant last. */
function forward(parameters: Float32Array, x: ArrayLike<number>): { hidden: number[]; logits: number[] } {
  const layer = (input: readonly number[], outputs: number, offset: number) =>
    Array.from({ length: outputs }, (_, o) =>
      [...input, 1].reduce((sum, value, i) => sum + value * parameters[offset + i * outputs + o], 0),
    );
  const hidden = layer(
    Array.from({ length: dims }, (_, i) => x[i]),
    width,
    0,
  ).map((value) => Math.max(0, value));
  return { hidden, logits: layer(hidden, classes, (dims + 1) * width) };
}

function lossGradient(
  parameters: Float32Array,
  x: ArrayLike<number>,
  label: number,
): { readonly gradient: number[]; readonly doubt: number } {
  const { hidden, logits } = forward(parameters, x);
  const peak = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - peak));
  const total = shares.reduce((sum, share) => sum + share, 0);
  const doubt = shares.reduce((sum, share, j) => (j === label ? sum : sum + share), 0) / total;
  const delta = shares.map((share, j) => (j === label ? -doubt : share / total));
  const head = (dims + 1) * width;
  const hiddenDelta = hidden.map((value, i) =>
    value > 0 ? delta.reduce((sum, d, j) => sum + d * parameters[head + i * classes + j], 0) : 0,
  );
  const outer = (input: readonly number[], output: readonly number[]) =>
    [...input, 1].flatMap((value) => output.map((d) => value * d));
  const seen = Array.from({ length: dims }, (_, i) => x[i]);
  return { gradient: [...outer(seen, hiddenDelta), ...outer(hidden, delta)], doubt };
}
