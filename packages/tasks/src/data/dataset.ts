import {
  choice,
  contractVersion,
  int,
  type ModelKind,
  num,
  type OfContract,
  object,
  optional,
  type ParamSpec,
  type ParamSpecs,
  type Params,
} from '@attribution-bench/contract';
import { plantParams } from './plants/plant-params.js';
import type { DataEnvironment } from './task-data.js';

/**
 * Reads chosen rows, ascending: resolves to all of them, [chosen × dims], row-major, or puts each where it belongs as it comes
 * to it, so that not all of them are in memory twice.
 */
export type ReadRows = (rows: Int32Array, put: PutRows) => Promise<Uint8Array | Float32Array | undefined>;

/** Takes some whole rows, the first of them in this place among those that were asked for. They are copied. */
export type PutRows = (place: number, values: Uint8Array | Float32Array) => void;

/** Labelled points before any are chosen: row i of `values` times `scale` is an input of class `labels[i]`. */
export interface Partition {
  /** Prefix of the ids of its points, e.g. `train`. */
  readonly name: string;
  /** [rows × dims], row-major, or what reads some of the rows where not all of them need fit into memory. */
  readonly values: Uint8Array | Float32Array | ReadRows;
  readonly scale: number;
  /** [rows]; 0 everywhere for a regressor, whose points have responses in place of classes; -1 for rows that are not to be chosen */
  readonly labels: Uint8Array | Int32Array;
  /** The number of each point's group, such as pictures of one thing, or -1 where it is in none, [rows]; absent: no point is. */
  readonly groups?: Int32Array;
  /** For a regressor: the number that is to be predicted for each row, [rows]. */
  readonly responses?: Float64Array;
}

/** What a dataset delivers. */
export interface PointSource {
  readonly inputShape: readonly number[];
  /** Class names in label order. */
  readonly classNames: readonly string[];
  /** Whether scaled values are pixels in [0, 1]; generators are then fed 2x - 1. */
  readonly pixels: boolean;
  readonly train: Partition;
  /** Where held-out points come from; absent: from `train`, apart from the training points. */
  readonly heldout?: Partition;
  /**
   * Where the numbers of a point depend on which others are trained on, as they do when they are standardised: this source with
   * the numbers of its points as these rows of `train` make them. Its `inputShape` is then the one that counts.
   */
  readonly fittedTo?: (train: Int32Array) => PointSource;
}

/** Kinds of tasks that a dataset has points for where it does not say. */
export const usualKinds: readonly ModelKind[] = ['classifier', 'generator'];

export interface DatasetSpec<S extends ParamSpecs> {
  readonly id: string;
  readonly title: string;
  readonly licence: string;
  /** Where it is described. */
  readonly home: string;
  /** Whether its points always have groups; others say so by a parameter `groups` that is given. */
  readonly grouped?: true;
  readonly params: S;
  /** Kinds of tasks that it has points for; default classifiers and generators. */
  readonly kinds?: readonly ModelKind[];
  /**
   * For the user's own files: a hash of their contents, part of every key, wherever they lie. Absent where the name says
   * what is in them.
   */
  fingerprint?(params: Params<S>): Promise<string>;
  /**
   * @param seed number the grid runs under; only data that is drawn rather than read depends on it
   * @param kind of the task: what the points are needed for
   */
  load(params: Params<S>, environment: DataEnvironment, seed: number, kind: ModelKind): Promise<PointSource>;
}

export interface Dataset extends Omit<DatasetSpec<ParamSpecs>, 'load' | 'fingerprint'>, OfContract {
  readonly fingerprint?: (params: Params<ParamSpecs>) => Promise<string>;
  load(params: Params<ParamSpecs>, environment: DataEnvironment, seed: number, kind: ModelKind): Promise<PointSource>;
}

/** Declares a dataset; one file each in this folder. */
export function defineDataset<const S extends ParamSpecs>(spec: DatasetSpec<S>): Dataset {
  const { fingerprint, ...rest } = spec;
  return {
    ...rest,
    contract: contractVersion,
    ...(fingerprint === undefined
      ? {}
      : { fingerprint: (params) => fingerprint.call(spec, params as unknown as Params<S>) }),
    load: (params, environment, seed, kind) => spec.load(params as unknown as Params<S>, environment, seed, kind),
  };
}

/** How training points and queries are chosen among the rows of a dataset. */
export const pointChoices = ['stratified', 'first', 'groups'] as const;

/** Part of no key where they are left out. */
const choiceParams = {
  choose: optional(
    choice(pointChoices, {
      help: 'which points: stratified, as where it is left out: at random, as many of a class as its share of all; first: the first ones in the order of the files; groups: whole groups of points, of each of which queries are held out in turn',
    }),
  ),
  normalise: optional(
    object(
      {
        mean: num({ help: 'what is taken from every number' }),
        std: num({ min: 1e-6, help: 'what the rest is divided by' }),
      },
      { help: 'what every model is fed in place of the numbers of a point (pixels from 0 to 1)' },
    ),
  ),
};

/**
 * Parameters that every dataset has: how many points, which ones, how they are normalised, how many of their labels are
 * wrong, and what is planted in them.
 */
export function pointParams(defaults: { readonly train: number; readonly queries: number }): {
  readonly train: ParamSpec<number>;
  readonly queries: ParamSpec<number>;
  readonly flipLabels: ParamSpec<number>;
} {
  return {
    train: int({ default: defaults.train, min: 2, help: 'training points' }),
    queries: int({
      default: defaults.queries,
      min: 1,
      help: 'held-out points that are explained (generators: queries.heldout)',
    }),
    flipLabels: num({
      default: 0,
      min: 0,
      max: 1,
      help: 'share of training labels replaced by another class at random',
    }),
    ...choiceParams,
    ...plantParams,
  };
}
