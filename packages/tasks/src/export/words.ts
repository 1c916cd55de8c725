import type { ModelKind } from '@attribution-bench/contract';
import type { TaskSpec } from '../spec.js';
import type { Recipe } from '../training/recipe.js';

/** A scalar of a point, for people who compute it elsewhere. */
export interface Words {
  readonly id: string;
  readonly words: string;
  readonly formula: string;
}

/** The training loss of one sample. */
export function lossWords({ kind, model }: Pick<TaskSpec, 'kind' | 'model'>): Words {
  return kind === 'regressor' ? regressionLosses[String(model.loss)] : losses[kind];
}

const regressionLosses: Readonly<Record<string, Words>> = {
  squared: {
    id: 'squared',
    words: 'half the squared error of the prediction of the response y',
    formula: '(prediction - y)^2 / 2',
  },
  huber: {
    id: 'huber',
    words: "Huber's loss of the error r = prediction - y, with d the huberDelta of the model",
    formula: 'r^2 / 2 where abs(r) <= d, otherwise d * abs(r) - d^2 / 2',
  },
};

const losses: Readonly<Record<Exclude<ModelKind, 'regressor'>, Words>> = {
  classifier: {
    id: 'cross-entropy',
    words: 'cross-entropy of the logits with the label y',
    formula: 'log(sum over j of exp(logit[j])) - logit[y]',
  },
  generator: {
    id: 'denoising',
    words: 'mean squared error of the predicted noise e at a time step t, over the numbers of an input',
    formula: 'mean((network(signal[t] * x + noise[t] * e, features[t]) - e)^2)',
  },
};

const updates: Readonly<Record<Recipe['optimizer'], string>> = {
  sgd: 'v = momentum * v + g + weightDecay * p; p = p - lr * v',
  adam: 'Adam as torch.optim.Adam, eps 1e-8; weightDecay * p is added to the gradient',
  adamw: 'AdamW as torch.optim.AdamW, eps 1e-8; p = p - lr * weightDecay * p in each step',
};

/** How a task's models are trained, beyond what the numbers of the recipe say. */
export function trainingWords({ kind, model, training }: TaskSpec): string {
  const sentences = [
    'Each step takes one row of batches.npy and its rate of learning_rates.npy.',
    'The loss of a batch is the mean over its places that are not padding.',
    `${updates[training.optimizer]}, on every parameter, biases included.`,
  ];
  if (kind === 'generator')
    sentences.push('Each place of a batch has its time step of timesteps.npy and fresh noise from N(0, 1).');
  if (Number(model.ema) > 0)
    sentences.push(
      'Checkpoints are the moving average of the parameters: a = ema * a + (1 - ema) * p after each step.',
    );
  if (Number(model.dropout) > 0) sentences.push('Hidden units are dropped at random in training only.');
  if (model.flip === true || Number(model.crop) > 0)
    sentences.push('Training images are mirrored or shifted at random in training only.');
  return sentences.join(' ');
}
