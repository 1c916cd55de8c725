import type { FeatureExtractor } from './features.js';
import type { Intersect, PointSet, ScoreShape } from './method.js';
import type { ParamSpecs, Params } from './params.js';
import type { Rng } from './seed.js';
import type { TaskInfo } from './task.js';
import { contractVersion, type OfContract } from './version.js';

/** The ground truth of a task as metrics see it. */
export interface Truth {
  /** Hash of everything it was made from; boards of different truths never mix. */
  readonly key: string;
  readonly subsets: number;
  readonly retrainSeeds: number;
  readonly queries: number;
  readonly train: number;
  /** Share of the training set in each subset, the mean share where sizes differ. */
  readonly fraction: number;
  /** Whether each class has the same share of its points in every subset. */
  readonly stratified?: true;
  /** Whether whole groups of points are in a subset or not; absent: points are drawn one by one. */
  readonly by?: 'group';
  /** Whether subsets are drawn so that every point is left out about equally often. */
  readonly balanced?: true;
  /**
   * Whether each retraining repeats a training run on all points, with its seed and in its batches, but for what is left
   * out: retraining 0 repeats the run of checkpoint 0.
   */
  readonly seeds?: 'same';
  /** Training indices of each subset, ascending; sizes differ only in a truth that others published. */
  readonly members: readonly Int32Array[];
  /** Target of every query under every retrained model, [subsets × retrainSeeds × queries]. */
  readonly outputs: Float32Array | Float64Array;
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
  /** Queries that the sets were chosen for, a note for `evaluate`: no model depends on it. */
  readonly queries?: Int32Array;
  /** Classifiers: whether to say which queries each model gets right. */
  readonly predict?: true;
}

export interface Retrained extends RetrainRequest {
  /** Target of every query under each model, [queries] each. */
  readonly targets: readonly Float32Array[];
  /** With `predict`: 1 where a model gives a query the label that it is explained for, [queries] each. */
  readonly right?: readonly Uint8Array[];
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

/** What a metric may ask for; its context holds what it names and nothing else. */
export type MetricNeed =
  | 'truth'
  | 'label-noise'
  | 'labels'
  | 'groups'
  | 'subclasses'
  | 'shortcut'
  | 'mixed'
  | 'generated'
  | 'predictions'
  | 'retraining';

/** A number of each training point and each query: a class, a group, or 1 for those that are marked. */
export type PointMarks = Readonly<Record<PointSet, Int32Array>>;

/** What every metric sees, whatever it needs. */
export interface BaseMetricContext {
  readonly task: TaskInfo;
  /** [queries × train] or [train], row-major. */
  readonly scores: Float32Array;
  readonly scoreShape: ScoreShape;
}

/** What each need adds to the context of a metric. */
export interface MetricContextByNeed {
  truth: { readonly truth: Truth };
  'label-noise': {
    /** 1 where a training label was flipped, [train]. */
    readonly flipped: Uint8Array;
    /** How suspicious the method finds each training point, [train]; absent where it has no such notion. */
    readonly selfInfluence?: Float32Array;
  };
  /** Of a classifier: the class of each point as trained on, and of each query as explained. */
  labels: { readonly labels: PointMarks };
  /** Of a dataset whose points have groups: the group of each point and held-out query, -1 of those that are in none. */
  groups: { readonly groups: PointMarks };
  /** With `data.mergeClasses`: the classes before they were merged. */
  subclasses: { readonly subclasses: PointMarks };
  /** With `data.shortcut`: 1 where a point carries the trigger. */
  shortcut: { readonly shortcut: PointMarks };
  /** With `data.mixed`: 1 where a point is of the other dataset. */
  mixed: { readonly mixed: PointMarks };
  /** The task has generated queries; `task` says how many. */
  generated: object;
  /** The task's models are classifiers, so that requests can say `predict`. */
  predictions: object;
  retraining: {
    /** What `retrainings` asked for, in its order. */
    readonly retrained: readonly Retrained[];
  };
}

/** What a metric sees: the task, scores of a method, and what it declared to need. */
export type MetricContext<N extends MetricNeed = never> = BaseMetricContext &
  ([N] extends [never] ? unknown : Intersect<MetricContextByNeed[N]>);
/** A context as the harness builds it: what a metric needs is there. */
export type OpenMetricContext = BaseMetricContext & Partial<Intersect<MetricContextByNeed[MetricNeed]>>;

/** Parts that results of another kind have. */
type Without<K extends string> = { readonly [P in K]?: never };

/** What every result has. */
interface ValueOfMetric {
  /** The mean over queries, or the single number of a metric that has no queries. */
  readonly value: number;
}

/**
 * A correlation of what scores predict with what happened, one per query, whose mean is the value. Intervals are resampled as
 * correlations of Spearman, or of Pearson where the metric has a parameter `statistic` that says `pearson`: a metric that
 * correlates otherwise gives a mean.
 */
export interface CorrelationResult
  extends ValueOfMetric,
    Without<'detection' | 'perSampledQuery' | 'repeats' | 'curve'> {
  readonly kind: 'correlation';
  /** One value per query of the split, in its order. */
  readonly perQuery: Float64Array;
  /** Queries whose value was undefined (constant predictions) and counted as 0. */
  readonly undefinedQueries?: number;
  /** What scores predict for every unit: subsets of the split unless there are `outcomes`, [units × queries]; resampled. */
  readonly predictions: Float64Array;
  /**
   * What `predictions` are correlated with where it is not the truth of the split, [units × queries]: both then have one row
   * per unit of the metric's own (leave-one-out: a training point left out), the same units for every method.
   */
  readonly outcomes?: Float64Array;
}

/** Detection of training points: the area under a ROC curve. */
export interface DetectionResult
  extends ValueOfMetric,
    Without<'perQuery' | 'perSampledQuery' | 'repeats' | 'curve' | 'undefinedQueries' | 'predictions' | 'outcomes'> {
  readonly kind: 'detection';
  /** What is ranked and what is to be found, [points of the split]; resampled. */
  readonly detection: { readonly scores: Float64Array; readonly positive: Uint8Array };
}

/** What each query has at several numbers of training points: removed, or trained on alone. */
export interface MetricCurve {
  /** Numbers of points, one each step, ascending and the same for every method. */
  readonly points: Int32Array;
  /** [steps × queries], of the same queries as `perQuery` or `perSampledQuery`. */
  readonly values: Float64Array;
  /** Like those of the result, step by step: [draws × steps × queries], whose mean over draws is `values`. */
  readonly repeats?: Readonly<Record<string, Float64Array>>;
}

/** A mean over queries. */
export interface MeanResult
  extends ValueOfMetric,
    Without<'detection' | 'undefinedQueries' | 'predictions' | 'outcomes'> {
  readonly kind: 'mean';
  /** One value per query of the split, in its order. */
  readonly perQuery?: Float64Array;
  /** In place of `perQuery` where queries are sampled: one value per sampled query, the same ones for every method. */
  readonly perSampledQuery?: Float64Array;
  /**
   * Randomness of the metric itself that hits all queries alike, and so does not show in how they differ: for each source
   * of it (retraining seeds, sets removed at random) the values of queries that each draw gives alone, [draws × queries],
   * whose mean over draws is `perQuery` or `perSampledQuery`. The draws are the same ones for every method.
   */
  readonly repeats?: Readonly<Record<string, Float64Array>>;
  /** The curve that the values sum up; boards show it with intervals of the same kind, step by step. */
  readonly curve?: MetricCurve;
}

export type MetricResult = CorrelationResult | DetectionResult | MeanResult;

/** What a metric's question speaks of, with numbers written out. */
export interface MeasuredTask {
  readonly target: string;
  /** `1,000` */
  readonly train: string;
  /** `20 queries` */
  readonly queries: string;
}

/** The words that a board shows for a metric. */
export interface MetricWords {
  readonly id: string;
  readonly title: string;
  /** What it measures, in one sentence. */
  readonly description?: string;
  /** What its values are counted in, such as `%`; absent for plain numbers. */
  readonly unit?: string;
  readonly higherIsBetter: boolean;
  /** Least and greatest value that a query can have, of a mean over queries: no interval goes beyond, or is empty. */
  readonly range?: readonly [least: number, most: number];
  /** Words for the curves of its results. */
  readonly curve?: CurveWords;
}

/** The words that a board shows for the curves of a metric. */
export interface CurveWords {
  /** What its steps count, such as `removed points`. */
  readonly over: string;
  /** What is shown in addition: the first step at which a curve that only rises reaches a level. */
  readonly reaches?: {
    readonly level: number;
    /** Such as `Median number of points whose removal flips a prediction`. */
    readonly title: string;
  };
}

export interface MetricSpec<S extends ParamSpecs, N extends MetricNeed> extends MetricWords {
  /** Raised when its numbers change on purpose. */
  readonly revision: number;
  /** What it is computed from; tasks that do not have it are left out. */
  readonly needs: readonly N[];
  readonly params: S;
  /**
   * Models to train before `evaluate`, which needs `retraining`; what several methods ask for alike is trained once.
   * @param rng random numbers of the task, the same for every method and seed
   */
  retrainings?(
    ctx: MetricContext<Exclude<N, 'retraining'>>,
    params: Params<S>,
    split: Split,
    rng: Rng,
  ): readonly RetrainRequest[];
  /**
   * What it asks of scores, in words without the question mark: shown over a table that it ranks. Absent: whether scores
   * predict the targets of the truth, where there is one.
   */
  question?(params: Params<S>, of: MeasuredTask): string;
  /** Id of another metric whose random numbers it uses, so that both ask for the same retrainings. */
  readonly sharesRetrainings?: string;
  /** What drawn images are turned into before `evaluate`; absent: nothing. */
  imageSpace?(params: Params<S>): ImageSpace;
  evaluate(ctx: MetricContext<N>, params: Params<S>, split: Split): MetricResult;
}

/** A metric as the harness sees it: parameters checked at run time, context with everything that it needs. */
export interface Metric extends MetricWords, OfContract {
  readonly revision: number;
  readonly needs: readonly MetricNeed[];
  readonly params: ParamSpecs;
  readonly sharesRetrainings?: string;
  readonly retrainings?: (
    ctx: OpenMetricContext,
    params: Params<ParamSpecs>,
    split: Split,
    rng: Rng,
  ) => readonly RetrainRequest[];
  readonly imageSpace?: (params: Params<ParamSpecs>) => ImageSpace;
  readonly question?: (params: Params<ParamSpecs>, of: MeasuredTask) => string;
  evaluate(ctx: OpenMetricContext, params: Params<ParamSpecs>, split: Split): MetricResult;
}

/** Declares a metric; the default export of its module. */
export function defineMetric<const S extends ParamSpecs, N extends MetricNeed = never>(spec: MetricSpec<S, N>): Metric {
  type P = Params<S>;
  const { retrainings, imageSpace, question, ...rest } = spec;
  return {
    ...rest,
    contract: contractVersion,
    evaluate: (ctx, params, split) => spec.evaluate(ctx as MetricContext<N>, params as unknown as P, split),
    ...(retrainings === undefined
      ? {}
      : {
          retrainings: (ctx, params, split, rng) =>
            retrainings.call(spec, ctx as MetricContext<Exclude<N, 'retraining'>>, params as unknown as P, split, rng),
        }),
    ...(question !== undefined && { question: (params, of) => question.call(spec, params as unknown as P, of) }),
    ...(imageSpace !== undefined && { imageSpace: (params) => imageSpace.call(spec, params as unknown as P) }),
  };
}
