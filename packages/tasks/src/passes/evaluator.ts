import {
  BenchError,
  type CancelSignal,
  type CurvatureKind,
  choices,
  type FisherFactors,
  type LayerBasis,
  type NdArray,
  type Output,
  type PointSet,
  type Projection,
  type RowBlock,
} from '@attribution-bench/contract';
import {
  createBasisChange,
  createFactorProjector,
  createProjector,
  type FactoredProjection,
  type FlatProjection,
} from '@attribution-bench/numerics';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import { compiledPrograms } from './compiled-programs.js';
import { type CurvatureRun, compileCurvature, runCurvature } from './curvature.js';
import { compileFactors, factorSource } from './factors.js';
import { compileFisherFactors, type FisherRun, streamFisherFactors } from './fisher-factors.js';
import { layerShape, mappedAtOnce, mappedGradients } from './mapped-gradients.js';
import { openPass } from './opened-pass.js';
import { compileOutputs, runOutputs } from './outputs.js';
import type { Pass, Subject } from './pass.js';
import { compilePenultimate, runPenultimate } from './penultimate.js';
import { positionProducts } from './position-products.js';
import { streamGradients } from './stream-gradients.js';

export interface PointRequest {
  readonly of: PointSet;
  readonly output: Output;
  /** Default: the subject's own. */
  readonly pass?: Pass;
  readonly cancel?: CancelSignal;
}

/** Everything that can be asked about given parameters of a subject, without training. */
export interface Evaluator {
  /** One number per point under each model, [points] each; models are evaluated `atOnce` at a time. */
  outputs(parameters: readonly Float32Array[], request: PointRequest, atOnce?: number): Promise<Float32Array[]>;
  /** Projected gradients of one number per point, streamed in point order. */
  gradients(
    parameters: Float32Array,
    request: PointRequest & { readonly projection?: Projection },
  ): AsyncGenerator<RowBlock>;
  /** The same, written in an orthonormal basis of each layer. */
  gradientsInBases(
    parameters: Float32Array,
    bases: readonly LayerBasis[],
    request: PointRequest,
  ): AsyncGenerator<RowBlock>;
  /** Inputs of the last layer, [points × width]; averaged over timesteps for generators. */
  penultimate(parameters: Float32Array, of: PointSet, cancel?: CancelSignal): Promise<NdArray<Float32Array>>;
  /** Second derivatives of the mean training loss times each row of `vectors`, [rows × p]. */
  curvatureProducts(
    request: CurvatureRun & { readonly kind?: CurvatureKind; readonly pass?: Pass },
  ): Promise<Float32Array>;
  /** Factors of the gradients of all training points' losses, by layer and position. */
  fisherFactors(run: FisherRun & { readonly pass?: Pass }): AsyncGenerator<FisherFactors>;
  release(): Promise<void>;
}

export function createEvaluator(engine: Engine, subject: Subject): Evaluator {
  const { kept, borrowed, release } = compiledPrograms();
  const { architecture } = subject;
  return {
    async outputs(parameters, { of, output, pass, cancel = never }, atOnce = 1) {
      const opened = openPass(subject, pass);
      const { program, giveBack } = await borrowed(`outputs ${atOnce}`, output, opened.pass, () =>
        compileOutputs(engine, opened, subject.outputFunction(output), atOnce),
      );
      try {
        const results: Float32Array[] = [];
        for (let first = 0; first < parameters.length; first += atOnce) {
          const group = Array.from({ length: atOnce }, (_, m) => parameters[first + m] ?? parameters[first]);
          const values = await runOutputs(program, opened, group, { of, cancel });
          results.push(...values.slice(0, parameters.length - first));
        }
        return results;
      } finally {
        await giveBack();
      }
    },
    ...choices('service', {
      async *gradients(parameters, { of, output, pass, projection, cancel = never }) {
        const opened = openPass(subject, pass);
        const run = { parameters, of, cancel };
        const chosen: FactoredProjection | FlatProjection = projection ?? unprojected;
        const scalar = subject.outputFunction(output);
        if (isFactored(chosen)) {
          const projector = createFactorProjector(chosen, architecture.layers.map(layerShape));
          yield* mappedGradients(engine, borrowed, { projector, output }, opened, run);
          return;
        }
        const projector = createProjector(chosen, architecture.size);
        const { program, giveBack } = await borrowed('factors', output, opened.pass, () =>
          compileFactors(engine, opened, scalar),
        );
        try {
          const products = positionProducts(kept, engine);
          yield* streamGradients(factorSource(program, products, opened, run), projector, cancel);
        } finally {
          await giveBack();
        }
      },
      async *gradientsInBases(parameters, bases, { of, output, pass, cancel = never }) {
        const opened = openPass(subject, pass);
        const samples = Math.min(opened.samples, mappedAtOnce(opened));
        const projector = createBasisChange(bases, architecture.layers);
        const run = { parameters, of, cancel };
        yield* mappedGradients(engine, borrowed, { projector, output }, { ...opened, samples }, run);
      },
      async penultimate(parameters, of, cancel = never) {
        const opened = openPass(subject);
        const program = await kept('penultimate', () => compilePenultimate(engine, opened));
        return runPenultimate(program, opened, { parameters, of, cancel });
      },
      async curvatureProducts({ kind = 'hessian', pass, ...run }) {
        if (run.vectors.length % architecture.size !== 0) {
          throw new BenchError({
            code: 'HESSIAN_SHAPE',
            message: `${run.vectors.length} numbers are not whole rows of ${architecture.size} parameters`,
          });
        }
        const train = subject.count('train');
        const points = run.points?.length ?? train;
        if (points === 0 || run.points?.some((point) => !(point >= 0 && point < train))) {
          throw new BenchError({
            code: 'CURVATURE_POINTS',
            message: `the loss to be differentiated twice is that of no points, or of points that are not among the ${train}`,
            next: 'name training points from 0',
          });
        }
        const whole = openPass(subject, pass);
        const opened = { ...whole, samples: Math.min(whole.samples, points) };
        const { program, giveBack } = await borrowed(`${kind} of ${opened.samples}`, 'loss', opened.pass, () =>
          compileCurvature(engine, opened, kind, subject.outputFunction('loss')),
        );
        try {
          return await runCurvature(program, opened, run);
        } finally {
          await giveBack();
        }
      },
      async *fisherFactors({ pass, ...run }) {
        const opened = openPass(subject, pass);
        const { likelihood } = run.sampling ?? {};
        const key = `fisher ${likelihood === undefined} ${JSON.stringify(opened.pass.specs(1))}`;
        const program = await kept(key, () =>
          compileFisherFactors(engine, opened, subject.outputFunction('loss'), likelihood),
        );
        yield* streamFisherFactors(program, opened, run);
      },
    } satisfies Partial<Evaluator>),
    release,
  };
}

const unprojected: FlatProjection = { kind: 'none', dim: 0, seed: [0, 0, 0, 0] };

function isFactored(projection: FactoredProjection | FlatProjection): projection is FactoredProjection {
  return projection.kind === 'logra' || projection.kind === 'factgrass';
}

const never: CancelSignal = { aborted: false, throwIfAborted() {} };
