import {
  contractVersion,
  type ModelKind,
  type OfContract,
  type ParamSpecs,
  type Params,
} from '@attribution-bench/contract';
import type { Forward, Network } from '../nn/architecture/layer.js';
import { type Recipe, type RecipeParams, recipeParams } from '../training/recipe.js';

export interface ModelShape {
  /** Shape of one input. */
  readonly inputShape: readonly number[];
  /** Numbers that the network puts out: classes, 1 for a regressor, or the numbers of an input for a generator. */
  readonly outputs: number;
}

export interface ModelSpec<S extends ParamSpecs> {
  readonly id: string;
  readonly title: string;
  readonly kind: ModelKind;
  /** Where it comes from, if anywhere. */
  readonly cite?: string;
  readonly params: S;
  /** Training defaults that differ from the general ones. */
  readonly recipe?: Partial<Recipe>;
  /** Whether networks serve stacks of models, see {@link Network.stackable}. Default false. */
  readonly stackable?: boolean;
  network(params: Params<S>, shape: ModelShape): Forward;
}

export interface Model extends OfContract {
  readonly id: string;
  readonly title: string;
  readonly kind: ModelKind;
  readonly cite?: string;
  /** Architecture parameters. */
  readonly architecture: ParamSpecs;
  readonly training: RecipeParams;
  /** Both: everything that `model:` takes in a grid file. */
  readonly params: ParamSpecs;
  network(params: Params<ParamSpecs>, shape: ModelShape): Network;
}

/** Declares a model; one file each in this folder. */
export function defineModel<const S extends ParamSpecs>(spec: ModelSpec<S>): Model {
  const { recipe, params, stackable = false, ...rest } = spec;
  const training = recipeParams(recipe ?? {});
  return {
    ...rest,
    contract: contractVersion,
    architecture: params,
    training,
    params: { ...params, ...training },
    network: (given, shape) => ({ stackable, forward: spec.network(given as unknown as Params<S>, shape) }),
  };
}
