import { childSeed, type Seed } from '@attribution-bench/contract';
import type { TaskData } from '../../src/index.js';
import { batchOrder } from '../../src/training/batch-order.js';
import type { Recipe } from '../../src/training/recipe.js';
import { learningRates } from '../../src/training/schedule.js';

export interface PerceptronRun {
  readonly data: TaskData;
  readonly recipe: Recipe;
  readonly seed: Seed;
  /** Units of every layer, inputs and classes included. */
  readonly widths: readonly number[];
  readonly activation: 'tanh' | 'relu';
  /** Parameters before training, flat. */
  readonly initial: ArrayLike<number>;
}

/** Places of the layers in the flat vector: [(in + 1) × out] each, biases last. */
function* layersOf(widths: readonly number[]): Generator<{ offset: number; ins: number; outs: number }> {
  let offset = 0;
  for (let l = 1; l < widths.length; l++) {
    const [ins, outs] = [widths[l - 1], widths[l]];
    yield { offset, ins, outs };
    offset += (ins + 1) * outs;
  }
}

/** Trains a perceptron in float64 with loops; the loss of each point counts `weights` times. Returns -loss of each query. */
function trainWeighted(run: PerceptronRun, weights: ArrayLike<number>): Float64Array {
  const { data, recipe, seed, initial } = run;
  const theta = Float64Array.from(initial);
  const memories = [new Float64Array(theta.length), new Float64Array(theta.length)];
  const all = Int32Array.from({ length: data.labels.length }, (_, row) => row);
  const next = batchOrder(childSeed(seed, 'batch-order'), all, recipe.batch);
  const perEpoch = Math.ceil(all.length / recipe.batch);
  const rates = learningRates(recipe, perEpoch * recipe.epochs);
  for (let epoch = 0, step = 0; epoch < recipe.epochs; epoch++) {
    const order = next();
    for (let b = 0; b < perEpoch; b++, step++) {
      const rows = order.slice(b * recipe.batch, (b + 1) * recipe.batch).filter((row) => row >= 0);
      const gradient = new Float64Array(theta.length);
      for (const row of rows) addGradient(run, theta, row, weights[row] / rows.length, gradient);
      update(recipe, theta, gradient, memories, rates[step], step + 1);
    }
  }
  return Float64Array.from(data.queryLabels, (label, query) => {
    const { probabilities } = forward(run, theta, data.queryInputs, query);
    return Math.log(probabilities[label]);
  });
}

function forward({ widths, activation }: PerceptronRun, theta: Float64Array, inputs: Float32Array, row: number) {
  const values: Float64Array[] = [Float64Array.from(inputs.subarray(row * widths[0], (row + 1) * widths[0]))];
  for (const { offset, ins, outs } of layersOf(widths)) {
    const given = values[values.length - 1];
    const sums = Float64Array.from({ length: outs }, (_, o) => {
      let sum = theta[offset + ins * outs + o];
      for (let i = 0; i < ins; i++) sum += given[i] * theta[offset + i * outs + o];
      return sum;
    });
    const last = values.length === widths.length - 1;
    values.push(last ? sums : sums.map((sum) => (activation === 'tanh' ? Math.tanh(sum) : Math.max(sum, 0))));
  }
  const logits = values[values.length - 1];
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return { values, probabilities: logits.map((logit) => Math.exp(logit) / total) };
}

function addGradient(run: PerceptronRun, theta: Float64Array, row: number, weight: number, into: Float64Array): void {
  const { data, widths, activation } = run;
  const { values, probabilities } = forward(run, theta, data.inputs, row);
  let deltas = probabilities.map((p, c) => weight * (p - (c === data.labels[row] ? 1 : 0)));
  for (const [l, { offset, ins, outs }] of [...[...layersOf(widths)].entries()].reverse()) {
    const given = values[l];
    for (let i = 0; i <= ins; i++)
      for (let o = 0; o < outs; o++) into[offset + i * outs + o] += (i < ins ? given[i] : 1) * deltas[o];
    const errors = deltas;
    deltas = Float64Array.from(given, (value, i) => {
      let sum = 0;
      for (let o = 0; o < outs; o++) sum += theta[offset + i * outs + o] * errors[o];
      return sum * (activation === 'tanh' ? 1 - value * value : value > 0 ? 1 : 0);
    });
  }
}

function update(
  recipe: Recipe,
  theta: Float64Array,
  gradient: Float64Array,
  [first, second]: readonly Float64Array[],
  rate: number,
  t: number,
): void {
  const { optimizer, momentum = 0, beta1 = 0, beta2 = 0, weightDecay } = recipe;
  for (let i = 0; i < theta.length; i++) {
    const decayed = gradient[i] + (optimizer === 'adamw' ? 0 : weightDecay * theta[i]);
    if (optimizer === 'sgd') {
      first[i] = momentum * first[i] + decayed;
      theta[i] -= rate * first[i];
      continue;
    }
    first[i] = beta1 * first[i] + (1 - beta1) * decayed;
    second[i] = beta2 * second[i] + (1 - beta2) * decayed ** 2;
    const step = first[i] / (1 - beta1 ** t) / (Math.sqrt(second[i] / (1 - beta2 ** t)) + 1e-8);
    theta[i] -= rate * (step + (optimizer === 'adamw' ? weightDecay * theta[i] : 0));
  }
}

/** Derivatives of every query's -loss by the weight of one point: central differences of 2h and h, extrapolated. */
export function differencesByWeight(run: PerceptronRun, point: number, h: number): Float64Array {
  const central = (step: number) => {
    const weights = new Float64Array(run.data.labels.length).fill(1);
    weights[point] = 1 + step;
    const raised = trainWeighted(run, weights);
    weights[point] = 1 - step;
    const lowered = trainWeighted(run, weights);
    return raised.map((value, query) => (value - lowered[query]) / (2 * step));
  };
  const [near, far] = [central(h), central(2 * h)];
  return near.map((value, query) => (4 * value - far[query]) / 3);
}
