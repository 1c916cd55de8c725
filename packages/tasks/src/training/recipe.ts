import { choice, int, num, type ParamSpec } from '@attribution-bench/contract';

/** How a model is trained, with every default filled in. Members that the optimiser has no use for are absent. */
export type Recipe = {
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: (typeof optimizers)[number];
  /** Peak learning rate. */
  readonly lr: number;
  /** SGD only. */
  readonly momentum?: number;
  /** Adam and AdamW only. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** L2 term added to the gradient (sgd, adam) or decoupled (adamw), on every parameter, biases included. */
  readonly weightDecay: number;
  readonly schedule: (typeof schedules)[number];
  /** Share of all steps over which the learning rate rises to its peak. */
  readonly warmup: number;
};

export const optimizers = ['sgd', 'adam', 'adamw'] as const;
export const schedules = ['constant', 'linear', 'cosine', 'step'] as const;

/** What only some optimisers take. */
export const optimizerParams: Readonly<Record<Recipe['optimizer'], readonly (keyof Recipe)[]>> = {
  sgd: ['momentum'],
  adam: ['beta1', 'beta2'],
  adamw: ['beta1', 'beta2'],
};

const general = {
  epochs: 20,
  batch: 64,
  optimizer: 'sgd',
  lr: 0.1,
  momentum: 0.9,
  beta1: 0.9,
  beta2: 0.999,
  weightDecay: 0,
  schedule: 'cosine',
  warmup: 0,
} as const satisfies Recipe;

export type RecipeParams = { readonly [K in keyof Required<Recipe>]: ParamSpec<Required<Recipe>[K]> };

/** The training parameters of a model whose defaults differ from the general ones by `own`. */
export function recipeParams(own: Partial<Recipe>): RecipeParams {
  const defaults: Required<Recipe> = { ...general, ...own };
  return {
    epochs: int({ default: defaults.epochs, min: 1, max: 100_000, help: 'passes over the training points' }),
    batch: int({ default: defaults.batch, min: 1, max: 65_536, help: 'points in an optimiser step' }),
    optimizer: choice(optimizers, { default: defaults.optimizer, help: 'how parameters are updated' }),
    lr: num({ default: defaults.lr, min: 0, help: 'peak learning rate' }),
    momentum: num({ default: defaults.momentum, min: 0, max: 1, help: 'of sgd' }),
    beta1: num({ default: defaults.beta1, min: 0, max: 1, help: 'of adam and adamw: decay of the mean gradient' }),
    beta2: num({ default: defaults.beta2, min: 0, max: 1, help: 'of adam and adamw: decay of the mean square' }),
    weightDecay: num({
      default: defaults.weightDecay,
      min: 0,
      help: 'L2 term of the gradient (sgd, adam) or decoupled shrinkage (adamw)',
    }),
    schedule: choice(schedules, {
      default: defaults.schedule,
      help: 'of the learning rate: constant, linear or cosine to 0, or step (a tenth at half and at three quarters)',
    }),
    warmup: num({
      default: defaults.warmup,
      min: 0,
      max: 1,
      help: 'share of the steps over which the learning rate rises to its peak',
    }),
  };
}
