import type { Tensor } from '@tensorflow/tfjs-core';
import type { NdArray, NumericArray } from './arrays.js';
import type { FeatureExtractor } from './features.js';
import type { ParamSpecs, Params } from './params.js';
import type { Projection } from './projection.js';
import { checkSearchSpaces } from './search-space.js';
import type { Rng, Seed } from './seed.js';
import { checkStages, type Stage, type StageReads } from './stages.js';
import type { SubsetDesign } from './subset-design.js';
import type { TaskInfo, TaskKind } from './task.js';
import { contractVersion, type OfContract } from './version.js';

/** What a method may ask for beyond its own random numbers; its context holds what it names and nothing else. */
export type Need =
  | 'labels'
  | 'features'
  | 'checkpoints'
  | 'gradients'
  | 'curvature'
  | 'trajectory'
  | 'unrolling'
  | 'subsets';

/** `pairwise` scores are [queries × train]; `global` ones are [train], the same for every query. */
export type ScoreShape = 'pairwise' | 'global';
/** `external`: scores that another program computed. */
export type Origin = 'published' | 'adapted' | 'baseline' | 'external';
export type PointSet = 'train' | 'queries';

/** A trained model of the task. Opaque: its parameters are reached through the context. */
export interface Checkpoint {
  readonly id: string;
  /** Which independently seeded training run it belongs to. */
  readonly run: number;
  /** Optimiser steps taken, and the same in epochs. */
  readonly step: number;
  readonly epoch: number;
  /** Learning rate of the step that led to it. */
  readonly learningRate: number;
}

/**
 * One scalar a sample, computed in TensorFlow.js from what the model predicts.
 * Classifier: prediction = logits [batch × classes], reference = one-hot labels [batch × classes].
 * Regressor: prediction = predicted responses [batch × 1], reference = responses [batch × 1].
 * Generator: prediction = predicted noise [batch × dims], reference = the noise that was added [batch × dims].
 * Returns [batch].
 *
 * `tf.logSoftmax` and its gradient cancel to 0 for points that a classifier is sure of. The outputs `loss` and `target` do
 * not; in a function of your own, log p of the label is `-tf.softplus(r)` and its log-odds `-r`, where
 * `r = tf.logSumExp(logits - tf.sum(logits * labels, -1, true) - 1e30 * labels, -1)`.
 */
export type OutputFunction = (prediction: Tensor, reference: Tensor) => Tensor;

/** `loss` is the training loss of one sample; `target` is what the task explains (higher is more). */
export type Output = 'loss' | 'target' | OutputFunction;

/**
 * Noise levels at which the points of a generator are looked at. `sampling`: those of the steps in which a generated
 * query was drawn, at each of them with what the sampler took for the clean image there in place of the query; only
 * where all queries are generated ones.
 */
export type Timesteps = readonly number[] | 'sampling';

export interface GradientRequest {
  readonly of: PointSet;
  readonly checkpoint: Checkpoint;
  readonly output: Output;
  /** Default: no projection, rows of length p. */
  readonly projection?: Projection;
  /** Rows are written in these bases, in the order of `layerMatrices`; in place of a projection. */
  readonly bases?: readonly LayerBasis[];
  /** Generator tasks: the per-sample gradient is averaged over these timesteps before projection; default 10 even ones. */
  readonly timesteps?: Timesteps;
}

/**
 * An orthonormal basis of a layer's parameters: a gradient G [width × outputs] becomes input · G · deltaᵀ. A side that is left
 * out stays as it is.
 */
export interface LayerBasis {
  /** [width × width], the vectors as rows */
  readonly input?: Float32Array;
  /** [outputs × outputs], the vectors as rows */
  readonly delta?: Float32Array;
}

export interface OutputRequest {
  readonly of: PointSet;
  readonly checkpoint: Checkpoint;
  readonly output: Output;
  /** What is added to the parameters of the checkpoint, a row per model that is asked, [models × p]. Default: one row of zeros. */
  readonly shifts?: Float32Array;
  readonly timesteps?: Timesteps;
}

/** Consecutive rows of a matrix, row-major. The buffer is the reader's until it asks for the next block. */
export interface RowBlock {
  readonly start: number;
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array;
}

export interface FeatureRequest {
  readonly of: PointSet;
  /**
   * `inputs`: what the model is fed, flattened; `penultimate`: the input of the last layer, needs a checkpoint; `onnx`:
   * what a model of the user's makes of the pixels, needs an extractor.
   */
  readonly space: 'inputs' | 'penultimate' | 'onnx';
  readonly checkpoint?: Checkpoint;
  readonly extractor?: FeatureExtractor;
}

/**
 * Matrices [p × p] of second derivatives of the mean training loss, weight decay not included (it adds `weightDecay` to the
 * diagonal). `hessian`: all of them. `gauss-newton`: Jᵀ H J with J the derivative of what the model predicts by its
 * parameters and H the Hessian of the loss by what it predicts, never below 0 (Schraudolph 2002); of a classifier it is
 * the Fisher matrix over labels that the model draws.
 */
export type CurvatureKind = 'hessian' | 'gauss-newton';

export interface CurvatureRequest {
  readonly checkpoint: Checkpoint;
  /** [rows × p], each row multiplied by the matrix. */
  readonly vectors: Float32Array;
  /** Default `hessian`. */
  readonly kind?: CurvatureKind;
  /** Training points whose mean loss is meant; default all. */
  readonly points?: Int32Array;
  /** Generator tasks: noise levels over which the loss is averaged; default 10 even ones. */
  readonly timesteps?: readonly number[];
}

/**
 * A layer's parameters as the matrix [width × outputs] that starts at `offset` of a flat vector, row-major. The gradient of a
 * sample is the sum of input ⊗ delta over the positions at which the layer is used: the pixels of a convolution, the tokens
 * that a dense layer is given.
 */
export interface LayerMatrix {
  readonly layer: string;
  readonly offset: number;
  readonly width: number;
  readonly outputs: number;
  /**
   * What the inputs are. `dense`: any numbers, the last one a constant 1 where the layer has a bias. `one-hot`: 1 for one id
   * and 0 for all others (embeddings). `constant`: the number 1 alone, width = 1, of layers whose gradient is no sum of
   * products (normalisations, depthwise convolutions, biases by themselves): delta is then the whole gradient.
   */
  readonly inputs: 'dense' | 'one-hot' | 'constant';
}

export interface FisherRequest {
  readonly checkpoint: Checkpoint;
  /**
   * What the training loss compares the model's prediction with. `sampled`: labels, or noises, drawn from the model itself, so
   * that E[gradient · gradientᵀ] is the Fisher information (equal to the Gauss-Newton matrix of the loss). `observed`: what
   * the points have, which gives the empirical Fisher.
   */
  readonly references: 'sampled' | 'observed';
  /** Seed of what is drawn. A point's draws depend on its own numbers, and not on its place. */
  readonly seed: Seed;
  /** Generator tasks: a point at each of these is a sample of its own; default 10 even ones. */
  readonly timesteps?: readonly number[];
}

/**
 * Factors of the gradients of consecutive samples with respect to one layer, every position apart. The arrays are the
 * reader's until it asks for the next block.
 */
export interface FisherFactors {
  readonly matrix: LayerMatrix;
  readonly samples: number;
  readonly positions: number;
  /** [samples × positions × width] */
  readonly input: Float32Array;
  /** [samples × positions × outputs] */
  readonly delta: Float32Array;
}

/**
 * The gradient of one sample with respect to a dense layer is the outer product of the layer's input and the derivative
 * of the sample's scalar with respect to the layer's output before the activation, so pairs of them stand for
 * per-sample gradients that are never formed. The bias counts as a weight of a constant input 1: `input` ends with it.
 * A layer that is used at many places of a sample (a convolution) or whose gradient is no outer product (a normalisation)
 * has the constant 1 as its only input, in = 0, and the whole flattened gradient as `delta`, out = the layer's size.
 */
export interface LayerFactors {
  readonly layer: string;
  /** [samples × (in + 1)] */
  readonly input: Tensor;
  /** [samples × out] */
  readonly delta: Tensor;
}

/** What an `emit` function sees of one optimiser step, before the update. All tensors are TensorFlow.js ones. */
export interface ReplayStep {
  /**
   * What each sample adds to the gradient of the batch's mean loss: its own gradient / |B|, 0 for padding. With batch
   * normalisation, where the loss of a sample depends on others: what passes through its own activations.
   */
  readonly batch: readonly LayerFactors[];
  /** 1 for a sample, 0 for padding of the last batch of an epoch, [batch]. */
  readonly mask: Tensor;
  /** Gradients of the target of each query. */
  readonly queries: readonly LayerFactors[];
  /** With `tangent`: derivative of `queries` along the preconditioned mean batch gradient. The Hessian of query q times
   * that vector is, a layer, input' ⊗ delta + input ⊗ delta' (primes: tangent). */
  readonly queryTangents: readonly LayerFactors[];
  /** Adam family: 1 / (sqrt(v) + eps) with the full batch in v, bias corrections included, by layer [(in + 1) × out];
   * for SGD every entry is 1. */
  readonly preconditioner: readonly Tensor[];
  /** Whether `preconditioner` is anything but 1, known when the function is recorded. */
  readonly preconditioned: boolean;
  readonly learningRate: Tensor;
}

export interface ReplayRequest {
  /** TensorFlow.js, recorded into the training graph; every tensor it returns is emitted once per step. */
  readonly emit: (step: ReplayStep) => Record<string, Tensor>;
  /** Whether `queryTangents` is filled (one more pass per step). */
  readonly tangent?: boolean;
}

export interface ReplayedStep {
  readonly step: number;
  /** Training indices of the batch; -1 where padded. */
  readonly batch: Int32Array;
  readonly learningRate: number;
  /** SGD: velocity ← momentum · velocity + gradient + weightDecay · parameters. The Adam family has 0. */
  readonly momentum: number;
  /** L2 term of the gradient, of AdamW in place of it the share of parameters that a step takes off, over the learning rate. */
  readonly weightDecay: number;
  readonly emitted: Readonly<Record<string, Float32Array>>;
}

/** What one step of training contributes to the derivatives of the targets of some queries; see `unroll`. */
export interface UnrolledStep {
  readonly step: number;
  /** Training indices of the batch; -1 where padded. */
  readonly batch: Int32Array;
  /** Number of the first query of `byWeight`. */
  readonly firstQuery: number;
  /**
   * Derivative of the target after all training by the weight of each place's loss in this step alone, [queries × batch];
   * 0 where padded.
   */
  readonly byWeight: Float32Array;
}

/** What training on subsets of the training set came to. */
export interface SubsetOutcomes {
  /**
   * Training points that each subset keeps, ascending; subsets may be of different sizes. With replacement, a point is listed
   * as often as it was drawn.
   */
  readonly members: readonly Int32Array[];
  /** Target of every query after training on each subset, the mean over training runs, [subsets × queries]. */
  readonly targets: Float64Array;
  /**
   * How each model does on every training point, kept or not, [subsets × train]; given for the design `bootstrap`. Classifier:
   * 1 where it predicts the label that the point has in training, otherwise 0. Generator: the negative training loss.
   */
  readonly onTrain?: Float32Array;
}

/** Models that a method has trained for itself. */
export interface UsedModels {
  /** Independently seeded runs on the whole training set. */
  readonly checkpoints: number;
  /**
   * Share of the training points, below 1, that each checkpoint is trained on in place of all: a random subset of its own, which
   * no truth has. Not for methods that look along the runs.
   */
  readonly checkpointFraction?: number;
  /** Models along a run. */
  readonly trajectory: number;
  /** Runs that models are kept along; default 1. */
  readonly trajectories?: number;
  /** Subsets to train on, where it needs any; unused on foreign tasks, of which the published subsets are all there is. */
  readonly subsets?: SubsetDesign;
}

/** Set between steps when the run is being cancelled. */
export interface CancelSignal {
  readonly aborted: boolean;
  /** Throws a {@link Cancelled} when aborted. */
  throwIfAborted(): void;
}

/** Thrown to leave a step early because the run is being cancelled: not a failure. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  constructor() {
    super('cancelled');
  }
}

/** What every method has, whatever it needs. */
export interface BaseContext {
  readonly task: TaskInfo;
  /** A stream of random numbers of this method, seed and name. */
  rng(name: string): Rng;
  seed(name: string): Seed;
  /** Share done, 0 to 1, never falling. */
  progress(done: number): void;
  readonly signal: CancelSignal;
  log(message: string): void;
  /** What a reader of the scores has to know and only computing them could tell. Boards show what `score` notes. */
  note(message: string): void;
}

/** What each need adds to the context. */
export interface ContextByNeed {
  labels: {
    /** Class of every point as trained on, label noise included. */
    labels(of: PointSet): Int32Array;
  };
  features: {
    /** [points × dims], row-major. */
    features(request: FeatureRequest): Promise<NdArray<Float32Array>>;
  };
  checkpoints: {
    /**
     * Final models of `uses().checkpoints` independently seeded runs on the whole training set, or on subsets of it where
     * `uses().checkpointFraction` says so.
     */
    readonly checkpoints: readonly Checkpoint[];
    /** One number per point, [points]; with `shifts` [models × points]. */
    outputs(request: OutputRequest): Promise<Float32Array>;
    /** All parameters of a checkpoint, flattened in the model's order, [p]. */
    parameters(checkpoint: Checkpoint): Promise<Float32Array>;
  };
  gradients: {
    /** Per-sample gradients with respect to all parameters, streamed in blocks in point order. */
    gradients(request: GradientRequest): AsyncIterable<RowBlock>;
  };
  curvature: {
    /** Products of vectors with second derivatives of the mean training loss, [rows × p]. */
    curvatureProducts(request: CurvatureRequest): Promise<Float32Array>;
    /** The matrices that a model's parameters are made of, in flat order, without gaps. */
    readonly layerMatrices: readonly LayerMatrix[];
    /** Factors of the loss gradients of all training points, every layer of some samples after the other. */
    fisherFactors(request: FisherRequest): AsyncIterable<FisherFactors>;
  };
  trajectory: {
    /**
     * `uses().trajectory` models along the training run of checkpoint 0, evenly spread over its epochs, the last one final;
     * then as many along each further one of `uses().trajectories` runs.
     */
    readonly trajectory: readonly Checkpoint[];
    /** Runs the training of checkpoint 0 again, step by step, to the same bytes, and streams what `emit` computed. */
    replay(request: ReplayRequest): AsyncIterable<ReplayedStep>;
  };
  unrolling: {
    /**
     * Differentiates the target of each query through the whole training run of checkpoint 0, from its last step to its first.
     * A step minimises Σ w_i loss_i / |B| over its batch B, with all weights 1: initial parameters, order, noise, learning rates,
     * |B| and the statistics of batch normalisations do not depend on the weights. Each step comes once per group of queries.
     */
    unroll(): AsyncIterable<UnrolledStep>;
    /**
     * Trains that run again with the losses of the training points weighted, and gives the targets after it.
     * @param weights [rows × train], a run a row
     * @returns [rows × queries]
     */
    reweighted(weights: Float32Array): Promise<Float32Array>;
  };
  subsets: {
    /**
     * Subsets to learn from: those that `uses().subsets` describes, or, on a foreign task, some of the published ones. Subsets
     * that values are reported on are never among them.
     */
    subsets(): Promise<SubsetOutcomes>;
  };
}

/** The intersection of the members of a union. */
export type Intersect<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never;

/** What a method sees: the task, its own randomness, and what it declared to need. Never the truth that is reported on, or metrics. */
export type MethodContext<N extends Need = never> = BaseContext &
  ([N] extends [never] ? unknown : Intersect<ContextByNeed[N]>);
/** A context with everything; what the harness builds and then narrows to what the method needs. */
export type FullMethodContext = MethodContext<Need>;
/** Everything that a task with models can give. */
export type ModelMethodContext = MethodContext<Exclude<Need, 'subsets'>>;

/** Arrays that `fit` or `queries` hands to `score`; cached on disk between the two. */
export type MethodState = Readonly<Record<string, NumericArray>>;

export interface MethodSpec<S extends ParamSpecs, N extends Need> {
  /** Equal to the file name and to the package name's last part. */
  readonly id: string;
  readonly title: string;
  readonly family: 'gradient' | 'similarity' | 'influence' | 'retraining' | 'generative' | 'complexity' | 'control';
  readonly origin: Origin;
  readonly cite: string;
  /** Raised when its numbers change on purpose. */
  readonly revision: number;
  readonly scoreShape: ScoreShape;
  readonly tasks: readonly TaskKind[];
  readonly needs: readonly N[];
  readonly params: S;
  /** The trained models that it needs; default one checkpoint, one trajectory point, no subsets. */
  uses?(params: Params<S>): Partial<UsedModels>;
  /** true, or why the task is not for it: the cell then reads "skipped: why". */
  supports?(task: TaskInfo, params: Params<S>): true | string;
  /** What differs from the paper on this task, where something does: the cell is then marked `adapted`, with the reason. */
  adapted?(task: TaskInfo, params: Params<S>): string | undefined;
  /** Whether scores are expected to beat random ones; the contract tests hold it to that. Default true. */
  readonly expectSignal?: boolean;
  /**
   * Which parameters `fit` and `queries` read; left out, all of them. Settings that agree in what a stage reads share its
   * result. A stage that reads another parameter fails. The models that `ctx` holds count apart: a stage need not read how
   * many there are.
   */
  readonly stages?: { readonly [stage in Stage]?: readonly (keyof S & string)[] };
  /** The training side: what can be computed without the queries. */
  fit?(ctx: MethodContext<N>, params: Params<S>): Promise<MethodState>;
  /** The queries' side, as far as it does not need the training side: their gradients or features. */
  queries?(ctx: MethodContext<N>, params: Params<S>): Promise<MethodState>;
  /**
   * Scores: positive = this training point raises the query's target. [queries × train] or [train], row-major.
   * @param state what `fit` returned @param queries what `queries` returned
   */
  score(ctx: MethodContext<N>, params: Params<S>, state: MethodState, queries: MethodState): Promise<Float32Array>;
  /** How suspicious each training point is by itself (self-influence and its like), [train]; high = likely mislabelled. */
  selfInfluence?(ctx: MethodContext<N>, params: Params<S>, state: MethodState): Promise<Float32Array>;
}

/** A method as the harness sees it: parameters checked at run time, context with everything. */
export interface Method extends OfContract {
  readonly id: string;
  readonly title: string;
  readonly family: string;
  readonly origin: Origin;
  readonly cite: string;
  readonly revision: number;
  readonly scoreShape: ScoreShape;
  readonly tasks: readonly TaskKind[];
  readonly needs: readonly Need[];
  readonly params: ParamSpecs;
  readonly expectSignal: boolean;
  uses(params: Params<ParamSpecs>): UsedModels;
  supports(task: TaskInfo, params: Params<ParamSpecs>): true | string;
  readonly adapted?: (task: TaskInfo, params: Params<ParamSpecs>) => string | undefined;
  /** Parameters that its stages read. Absent: it was defined by an earlier version, and fit reads all. */
  readonly reads?: StageReads;
  fit(ctx: FullMethodContext, params: Params<ParamSpecs>): Promise<MethodState>;
  queries(ctx: FullMethodContext, params: Params<ParamSpecs>): Promise<MethodState>;
  score(
    ctx: FullMethodContext,
    params: Params<ParamSpecs>,
    state: MethodState,
    queries: MethodState,
  ): Promise<Float32Array>;
  readonly selfInfluence?: (
    ctx: FullMethodContext,
    params: Params<ParamSpecs>,
    state: MethodState,
  ) => Promise<Float32Array>;
}

/**
 * Declares a method; the default export of a method package.
 * @throws BenchError PARAM_SEARCH where a search space leaves the bounds of its parameter, METHOD_STAGES
 *   where a stage is said to read what is no parameter
 */
export function defineMethod<const S extends ParamSpecs, N extends Need = never>(spec: MethodSpec<S, N>): Method {
  type P = Params<S>;
  type C = MethodContext<N>;
  const { selfInfluence, adapted, stages = {}, ...rest } = spec;
  checkSearchSpaces(spec.id, spec.params);
  return {
    ...rest,
    contract: contractVersion,
    expectSignal: spec.expectSignal ?? true,
    uses: (params) => ({ checkpoints: 1, trajectory: 1, ...spec.uses?.(params as unknown as P) }),
    supports: (task, params) => {
      if (!spec.tasks.includes(task.kind)) return `needs a ${spec.tasks.join(' or ')}`;
      return spec.supports?.(task, params as unknown as P) ?? true;
    },
    reads: checkStages(spec, stages, { fit: spec.fit !== undefined, queries: spec.queries !== undefined }),
    fit: async (ctx, params) => (await spec.fit?.(ctx as unknown as C, params as unknown as P)) ?? {},
    queries: async (ctx, params) => (await spec.queries?.(ctx as unknown as C, params as unknown as P)) ?? {},
    score: (ctx, params, state, queries) => spec.score(ctx as unknown as C, params as unknown as P, state, queries),
    ...(adapted !== undefined && { adapted: (task, params) => adapted.call(spec, task, params as unknown as P) }),
    ...(selfInfluence === undefined
      ? {}
      : {
          selfInfluence: (ctx, params, state) =>
            selfInfluence.call(spec, ctx as unknown as C, params as unknown as P, state),
        }),
  };
}
