import type {
  CancelSignal,
  LayerFactors,
  NumericArray,
  OutputFunction,
  ReplayedStep,
  ReplayRequest,
  Seed,
} from '@attribution-bench/contract';
import type { TensorSpec } from '@attribution-bench/onnx';
import type { Engine, ScanBody, Tensors } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import type { Architecture, Network, Parameters } from '../nn/architecture/layer.js';
import { arraysOf, modelVectors, type Vector, vectorsOf } from '../nn/architecture/vectors.js';
import {
  factorShape,
  type GradientFactors,
  gradientFactors,
  gradientFactorTangents,
} from '../nn/gradients/sample-gradients.js';
import { tapTangents } from '../nn/gradients/tangents.js';
import { sampleTaps, type Taps } from '../nn/interpreters/tapped.js';
import type { PassInputs } from '../passes/pass.js';
import { slotName, yieldedParameters } from './loop-state.js';
import { type Noise, withNoise } from './noise.js';
import type { Objective } from './objective.js';
import type { StepScalars } from './optimizers/optimizer.js';
import { optimizerOf } from './optimizers/optimizer-of.js';
import type { Recipe } from './recipe.js';
import { checkReplayed } from './replay-mismatch.js';
import { type Chunk, chunkSteps, runSteps } from './run-steps.js';
import { trainingSpec, trainingStep } from './training-step.js';

/** What a replay adds to training: the queries as a pass through the network. */
export interface Replayable {
  readonly network: Network;
  readonly objective: Objective;
  readonly target: OutputFunction;
  /** All queries; fed by `shared` and `noise`. */
  queries(step: Tensors): PassInputs;
  /** Random numbers that the queries need in each step, besides those of training. */
  readonly noise?: Noise;
  readonly shared: Readonly<Record<string, NumericArray>>;
  readonly sharedSpecs: Readonly<Record<string, TensorSpec>>;
}

export type Replayer = (
  run: { readonly seed: Seed; readonly parameters: Float32Array },
  request: ReplayRequest,
  cancel: CancelSignal,
) => AsyncIterable<ReplayedStep>;

/**
 * Runs the training of the run with a given seed on all points again, to the same bytes, and computes `emit` within each
 * step's graph before the update.
 * @throws BenchError REPLAY_MISMATCH at the end, when the models differ
 */
export function createReplayer(engine: Engine, replayable: Replayable): Replayer {
  const objective = withQueries(replayable);
  return async function* replay({ seed, parameters: trained }, { emit, tangent = false }, cancel) {
    const spec = trainingSpec(objective, 1);
    const program = await engine.scan(replayedStep(replayable, emit, tangent), spec);
    try {
      const names = Object.keys(program.outputs).filter((name) => !Object.hasOwn(spec.carry, name));
      const emittedBytes = names.reduce((sum, name) => {
        const [, ...slice] = program.outputs[name].shape;
        return sum + 4 * slice.reduce((product, dim) => product * dim, 1);
      }, 0);
      const chunk = chunkSteps(objective, 1, emittedBytes);
      let replayed: Float32Array | undefined;
      for await (const steps of runSteps(program, objective, [{ seed }], { chunk, cancel })) {
        replayed = yieldedParameters(objective, steps.outputs, 0);
        yield* stepsOf(steps, names, objective.recipe);
      }
      checkReplayed(replayed, trained);
    } finally {
      await program.release();
    }
  };
}

/** Training that is fed what the queries need, too. */
function withQueries({ objective, shared, sharedSpecs, noise }: Replayable): Objective {
  const both = withNoise(objective.noise, noise);
  return {
    ...objective,
    shared: { ...objective.shared, ...shared },
    sharedSpecs: { ...objective.sharedSpecs, ...sharedSpecs },
    ...(both !== undefined && { noise: both }),
  };
}

/** The graph of a step of training that computes what is asked for before its update. */
function replayedStep(replayable: Replayable, emit: ReplayRequest['emit'], tangent: boolean): ScanBody {
  const { network, objective } = replayable;
  const { architecture } = objective;
  return ({ carry, each, shared }) => {
    const step: Tensors = { ...each, ...shared };
    const { carry: next, gradients, taps } = trainingStep(objective, carry, step, true);
    const parameters = single(modelVectors(architecture), carry);
    const { x, time, reference } = replayable.queries(step);
    const target = (prediction: tf.Tensor) => replayable.target(prediction, reference);
    const queryTaps = sampleTaps(network, architecture, parameters, target, x, time);
    const scales = preconditioner(objective, carry, gradients, step);
    const queryTangents = () => {
      const direction = single(vectorsOf(architecture.parameters), scaled(gradients, scales));
      const tangents = tapTangents(network, architecture, parameters, direction, target, x, time);
      return layerFactors(architecture, queryTaps, tangents);
    };
    const emitted = emit({
      batch: layerFactors(architecture, taps),
      mask: tf.cast(tf.greater(step.weights, 0), 'float32'),
      queries: layerFactors(architecture, queryTaps),
      queryTangents: tangent ? queryTangents() : [],
      preconditioner: layerMatrices(architecture, scales),
      preconditioned: scales !== undefined,
      learningRate: step.lr,
    });
    return { carry: next, emit: emitted };
  };
}

/** Gradients times the preconditioner; as they are where it is 1. */
function scaled(gradients: Tensors, scales: Tensors | undefined): Tensors {
  if (scales === undefined) return gradients;
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, scales[name])]),
  );
}

/** The steps of a chunk one by one. */
function* stepsOf(chunk: Chunk, names: readonly string[], recipe: Recipe): Generator<ReplayedStep> {
  const { batch, momentum = 0, weightDecay } = recipe;
  const count = chunk.to - chunk.from;
  for (let i = 0; i < count; i++) {
    const slices = names.map((name) => {
      const values = chunk.outputs[name] as Float32Array;
      const size = values.length / count;
      return [name, values.subarray(i * size, (i + 1) * size)] as const;
    });
    yield {
      step: chunk.from + i,
      batch: chunk.rows.subarray(i * batch, (i + 1) * batch),
      learningRate: chunk.learningRates[i],
      momentum,
      weightDecay,
      emitted: Object.fromEntries(slices),
    };
  }
}

/** The arrays of the only model of a stack of one, of its vectors. */
function single(vectors: readonly Vector[], stack: Tensors): Parameters {
  const arrays = Object.entries(arraysOf(vectors, stack));
  return Object.fromEntries(arrays.map(([name, array]) => [name, tf.reshape(array, array.shape.slice(1))]));
}

/** Factors of each layer's gradient, or of its derivative where the taps have one. */
function layerFactors(
  { layers }: Architecture,
  taps: Readonly<Record<string, Taps>>,
  tangents?: Readonly<Record<string, Taps>>,
): LayerFactors[] {
  return layers.map((layer) => {
    const { name } = layer;
    const factors: GradientFactors =
      tangents === undefined
        ? gradientFactors(layer, taps[name])
        : gradientFactorTangents(layer, taps[name], tangents[name]);
    return { layer: name, ...factors };
  });
}

/** By vector of parameters, with a model axis; undefined where it is 1 everywhere. */
function preconditioner({ recipe }: Objective, carry: Tensors, gradients: Tensors, step: Tensors): Tensors | undefined {
  const { slots: slotNames, preconditioner: scaleOf } = optimizerOf(recipe);
  if (scaleOf === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => {
      const slots = slotNames.map((slot) => carry[slotName(name, slot)]);
      return [name, scaleOf({ value: carry[name], slots }, gradient, step as unknown as StepScalars)];
    }),
  );
}

/** One matrix a layer, in the shape of input ⊗ delta, of values by vector of parameters; of ones without them. */
function layerMatrices({ layers, parameters }: Architecture, values: Tensors | undefined): tf.Tensor[] {
  const ofArrays = values && arraysOf(vectorsOf(parameters), values);
  return layers.map((layer) => {
    const shape = [...factorShape(layer)];
    if (ofArrays === undefined) return tf.ones(shape);
    return tf.reshape(
      tf.concat(
        layer.parameters.map(({ name }) => tf.reshape(ofArrays[name], [-1])),
        0,
      ),
      shape,
    );
  });
}
