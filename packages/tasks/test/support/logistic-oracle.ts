import { childSeed, type Seed } from '@attribution-bench/contract';
import type { TaskData } from '../../src/index.js';
import { initialValues } from '../../src/nn/architecture/flat.js';
import { batchOrder } from '../../src/training/batch-order.js';
import type { Recipe } from '../../src/training/recipe.js';
import { learningRates } from '../../src/training/schedule.js';

/**
 * Trains multinomial logistic regression in float64 with loops, from the same initial values and batches.
 * @param weights what the loss of each point counts, [train]; a batch is divided by its points all the same
 */
export function trainLogistic(
  data: TaskData,
  recipe: Recipe,
  seed: Seed,
  members: Int32Array,
  weights = new Float32Array(data.labels.length).fill(1),
): { parameters: Float64Array; losses: Float64Array } {
  const { inputs, labels, classes } = data;
  const dims = inputs.length / labels.length;
  const size = (dims + 1) * classes;
  const bound = 1 / Math.sqrt(dims);
  const whole = { name: 'all', shape: [size], offset: 0, size, bound };
  const theta = Float64Array.from(initialValues([whole], childSeed(seed, 'initial-parameters')));
  const next = batchOrder(childSeed(seed, 'batch-order'), members, recipe.batch);
  const perEpoch = Math.ceil(members.length / recipe.batch);
  const rates = learningRates(recipe, perEpoch * recipe.epochs);
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  const losses = new Float64Array(recipe.epochs);
  const total = members.reduce((sum, row) => sum + weights[row], 0);
  let step = 0;
  for (let epoch = 0; epoch < recipe.epochs; epoch++) {
    const order = next();
    for (let b = 0; b < perEpoch; b++) {
      const rows = [...order.slice(b * recipe.batch, (b + 1) * recipe.batch)].filter((row) => row >= 0);
      const gradient = new Float64Array(size);
      for (const row of rows) {
        const logits = Array.from({ length: classes }, (_, c) => {
          let sum = theta[dims * classes + c];
          for (let i = 0; i < dims; i++) sum += inputs[row * dims + i] * theta[i * classes + c];
          return sum;
        });
        const normaliser = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
        losses[epoch] += (weights[row] * (Math.log(normaliser) - logits[labels[row]])) / total;
        for (let c = 0; c < classes; c++) {
          const error = Math.exp(logits[c]) / normaliser - (labels[row] === c ? 1 : 0);
          const delta = (weights[row] * error) / rows.length;
          for (let i = 0; i <= dims; i++) {
            gradient[i * classes + c] += delta * (i < dims ? inputs[row * dims + i] : 1);
          }
        }
      }
      const rate = rates[step++];
      for (let i = 0; i < size; i++) theta[i] = updated(recipe, theta, gradient[i], i, rate, step, first, second);
    }
  }
  return { parameters: theta, losses };
}

function updated(
  { optimizer, momentum = 0, beta1 = 0, beta2 = 0, weightDecay }: Recipe,
  theta: Float64Array,
  gradient: number,
  i: number,
  rate: number,
  step: number,
  first: Float64Array,
  second: Float64Array,
): number {
  const decayed = optimizer === 'adamw' ? gradient : gradient + weightDecay * theta[i];
  if (optimizer === 'sgd') {
    first[i] = momentum * first[i] + decayed;
    return theta[i] - rate * first[i];
  }
  first[i] = beta1 * first[i] + (1 - beta1) * decayed;
  second[i] = beta2 * second[i] + (1 - beta2) * decayed ** 2;
  const direction = first[i] / (1 - beta1 ** step) / (Math.sqrt(second[i] / (1 - beta2 ** step)) + 1e-8);
  const kept = optimizer === 'adamw' ? theta[i] * (1 - rate * weightDecay) : theta[i];
  return kept - rate * direction;
}
