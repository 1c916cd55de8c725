import type { FeatureExtractor } from './features.js';
import type { ScoreShape } from './method.js';
import type { ParamSpecs, Params } from './params.js';
import type { Rng } from './seed.js';
import type { TaskInfo } from './task.js';

/** The ground truth of a task as metrics see it. */
export interface Truth {
  /** Hash of everything it was made from; boards of different truths never mix. */
  readonly key: string;
  readonly subsets: number;
  readonly retrainSeeds: number;
  readonly queries: number;
  readonly train: number;
  readonly fraction: number;
  /** Whether each class has the same share of its points in every subset. */
  readonly stratified?: true;
  /** Training indices of each subset, ascending, [subsets × size]. */
  readonly members: readonly Int32Array[];
  /** Target of every query under every retrained model, [subsets × retrainSeeds × queries]. */
  readonly outputs: Float32Array;
}

/** Which subsets and queries a value is computed on. Parameters are chosen on `tune` and reported on `report`. */
export interface Split {
  readonly subsets: Int32Array;
  readonly queries: Int32Array;
  /** Training points that metrics of the points themselves (mislabel detection) are computed on; absent: all. */
  readonly train?: Int32Array;
}

/** Models that a metric wants trained: one on each set of training points, ascending, all sets of equal size. */
export interface RetrainRequest {
  readonly members: readonly Int32Array[];
  /** Runs of one seed share initial weights and batch order. */
  readonly seed: number;
  /** Generators: the numbers of generated queries to draw from each model as well, from the noise they were drawn from. */
  readonly generate?: readonly number[];
}

export interface Retrained extends RetrainRequest {
  /** Target of every query under each model, [queries] each. */
  readonly targets: readonly Float32Array[];
  /** With `generate`: the images of each model, [images × dims] each, in the range of the inputs. */
  readonly images?: readonly Float32Array[];
  /** The images in the space that `imageSpace` names, [images × dims] each. */
  readonly features?: readonly Float32Array[];
}

/**
 * What images are compared in: `pixels` in the range of the inputs; `components`, the leading principal components of the
 * training points, centred on their mean; `onnx`, the output of a model of the user's.
 */
export type ImageSpace =
  | { readonly space: 'pixels' }
  | { readonly space: 'components'; readonly components: number }
  | { readonly space: 'onnx'; readonly extractor: FeatureExtractor };

export interface MetricContext {
  readonly task: TaskInfo;
  /** [queries × train] or [train], row-major. */
  readonly scores: Float32Array;
  readonly scoreShape: ScoreShape;
  /** How suspicious the method finds each training point, [train]; absent where it has no such notion. */
  readonly selfInfluence?: Float32Array;
  readonly truth?: Truth;
  /** 1 where a training label was flipped, [train]. */
  readonly flipped?: Uint8Array;
  /** What `retrainings` asked for. */
  readonly retrained?: readonly Retrained[];
}

export interface MetricResult {
  /** The mean over queries, or the single number of a metric that has no queries. */
  readonly value: number;
  /** One value a query of the split, in its order. */
  readonly perQuery?: Float64Array;
  /** In place of `perQuery` where queries are sampled: one value a sampled query, the same ones for every method. */
  readonly perSampledQuery?: Float64Array;
  /**
   * Randomness of the metric itself that hits all queries alike, and so does not show in how they differ: for each source
   * of it (retraining seeds, sets removed at random) the values of queries that each draw gives alone, [draws × queries],
   * whose mean over draws is `perQuery` or `perSampledQuery`. The draws are the same ones for every method.
   */
  readonly repeats?: Readonly<Record<string, Float64Array>>;
  /** Queries whose value was undefined (constant predictions) and counted as 0. */
  readonly undefinedQueries?: number;
  /** LDS: the predicted output of every subset of the split, [subsets × queries], kept for resampling. */
  readonly predictions?: Float64Array;
  /**
   * What `predictions` are correlated with where it is not the truth of the split, [units × queries]: both then have a
   * row a unit of the metric's own (leave-one-out: a training point left out), the same units for every method.
   */
  readonly outcomes?: Float64Array;
  /** Detection of training points: what is ranked and what is to be found, [points of the split], kept for resampling. */
  readonly detection?: { readonly scores: Float64Array; readonly positive: Uint8Array };
}

/** What a metric's question speaks of, with numbers written out. */
export interface MeasuredTask {
  readonly target: string;
  /** `1,000` */
  readonly train: string;
  /** `20 queries` */
  readonly queries: string;
}

export interface MetricSpec<S extends ParamSpecs> {
  readonly id: string;
  readonly title: string;
  readonly revision: number;
  readonly higherIsBetter: boolean;
  /** What a task must have for it. */
  readonly needs: readonly ('truth' | 'label-noise' | 'generated')[];
  readonly params: S;
  /**
   * Models to train before `evaluate`; what several methods ask for alike is trained once.
   * @param rng random numbers of the task, the same for every method and seed
   */
  retrainings?(ctx: MetricContext, params: Params<S>, split: Split, rng: Rng): readonly RetrainRequest[];
  /**
   * What it asks of scores, in words without the question mark: shown over a table that it ranks. Absent: whether scores
   * predict the targets of the truth, where there is one.
   */
  question?(params: Params<S>, of: MeasuredTask): string;
  /** Id of another metric whose random numbers it uses, so that both ask for the same retrainings. */
  readonly sharesRetrainings?: string;
  /** What drawn images are turned into before `evaluate`; absent: nothing. */
  imageSpace?(params: Params<S>): ImageSpace;
  evaluate(ctx: MetricContext, params: Params<S>, split: Split): MetricResult;
}

export interface Metric extends Omit<MetricSpec<ParamSpecs>, 'evaluate' | 'retrainings' | 'imageSpace' | 'question'> {
  readonly retrainings?: (
    ctx: MetricContext,
    params: Params<ParamSpecs>,
    split: Split,
    rng: Rng,
  ) => readonly RetrainRequest[];
  readonly imageSpace?: (params: Params<ParamSpecs>) => ImageSpace;
  readonly question?: (params: Readonly<Record<string, unknown>>, of: MeasuredTask) => string;
  evaluate(ctx: MetricContext, params: Params<ParamSpecs>, split: Split): MetricResult;
}

/** Declares a metric; one file each in the metrics package. */
export function defineMetric<const S extends ParamSpecs>(spec: MetricSpec<S>): Metric {
  const { retrainings, imageSpace, question, ...rest } = spec;
  return {
    ...rest,
    evaluate: (ctx, params, split) => spec.evaluate(ctx, params as unknown as Params<S>, split),
    ...(retrainings === undefined
      ? {}
      : {
          retrainings: (ctx, params, split, rng) =>
            retrainings.call(spec, ctx, params as unknown as Params<S>, split, rng),
        }),
    ...(question === undefined
      ? {}
      : { question: (params, of) => question.call(spec, params as unknown as Params<S>, of) }),
    ...(imageSpace === undefined
      ? {}
      : { imageSpace: (params) => imageSpace.call(spec, params as unknown as Params<S>) }),
  };
}
