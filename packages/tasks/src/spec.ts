import type { Json, ModelKind } from '@attribution-bench/contract';
import type { Recipe } from './training/recipe.js';

/** A named thing with the values of all its declared parameters. */
export type Choice = { readonly use: string } & { readonly [param: string]: Json };

/** What is explained. */
export type QuerySpec = {
  /** Held-out points. */
  readonly heldout: number;
  /** Generators: images drawn from a model trained on all training points; they come after the held-out points. */
  readonly generated: number;
  /** Only where images are drawn. */
  readonly sampler?: 'ddim' | 'ddpm';
  readonly samplerSteps?: number;
};

/**
 * A grid task with every name resolved and every parameter filled in: plain canonical JSON, and all that the bytes of
 * its data, models and targets depend on (besides the engine).
 */
export interface TaskSpec {
  readonly id: string;
  readonly kind: ModelKind;
  /** The grid seed. */
  readonly seed: number;
  readonly data: Choice;
  readonly model: Choice;
  readonly training: Recipe;
  readonly target: Choice;
  readonly queries: QuerySpec;
}
