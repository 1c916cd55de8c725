import {
  BenchError,
  choice,
  defineMethod,
  int,
  type MethodContext,
  type Params,
  type PointSet,
  type Projection,
  projectionKinds,
  type RowBlock,
  type TaskInfo,
} from '@attribution-bench/contract';
import { addRowProducts, blocksOf } from '@attribution-bench/numerics';
import { type RunStep, trainingEmbeddings } from './embeddings.js';
import { emitFactors, gradientReader, projectionScale, scaled } from './run-gradients.js';

/** Gradients of a whole run are kept in memory, up to this size. */
const mostBytes = 2 ** 31;
/** Share of the work of `fit` that training again is shown as. */
const replayShare = 0.5;
const rowsAtOnce = 1024;

const params = {
  projection: choice(projectionKinds, {
    default: 'logra',
    search: ['logra', 'sjlt'],
    help: 'random projection of the gradients, one per layer (logra, as in the paper; factgrass), dense (rademacher, gaussian; fast: fjlt) or sparse (sjlt, grass)',
  }),
  projDim: int({
    default: 512,
    min: 1,
    search: [128, 256, 512],
    help: 'columns of the projection; none has as many as there are parameters',
  }),
  curvature: choice(['outer-products', 'none'], {
    default: 'outer-products',
    help: 'none: later steps do not see that earlier ones moved the parameters',
  }),
};
const projectedBy = ['projection', 'projDim'] as const;
type ProjectionChoice = Pick<Params<typeof params>, (typeof projectedBy)[number]>;
type Context = MethodContext<'trajectory' | 'gradients' | 'curvature'>;

/**
 * Data Value Embedding (Wang et al. 2025): e_i of a training point sums, over the steps that it is in, how the step's
 * move along its gradient reaches the final parameters through all later steps, whose Hessians are taken to be outer products of
 * gradients. score = e_iᵀ ∇target(query) at the final model.
 */
export default defineMethod({
  id: 'data-value-embedding',
  title: 'Data Value Embedding',
  family: 'gradient',
  origin: 'published',
  cite: 'Wang et al. 2025, arXiv:2412.09538',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['trajectory', 'gradients', 'curvature'],
  params,
  stages: { fit: [...projectedBy, 'curvature'], queries: projectedBy },
  supports(task, params) {
    const bytes = runBytes(task, params);
    return (
      bytes <= mostBytes ||
      `the gradients of ${task.epochs} epochs take ${(bytes / 2 ** 30).toFixed(1)} GiB, more than ${mostBytes / 2 ** 30}; lower projDim`
    );
  },
  adapted: ({ optimizer }) =>
    optimizer.startsWith('adam')
      ? 'the paper has plain SGD; the preconditioner of each Adam step is held fixed'
      : undefined,

  /** `embeddings`: e_i, [train × columns]. */
  async fit(ctx, params) {
    const { train, parameters, epochs, batch: batchSize, optimizer } = ctx.task;
    const steps = epochs * Math.ceil(train / batchSize);
    const reader = gradientReader(projectionOf(ctx, params), ctx.layerMatrices, parameters);
    const run: RunStep[] = [];
    for await (const { step, batch, learningRate, momentum, weightDecay, emitted } of ctx.replay({
      emit: emitFactors,
    })) {
      ctx.signal.throwIfAborted();
      const points = batch.filter((point) => point >= 0);
      const kept = (rows: Float32Array) => rows.slice(0, points.length * reader.columns);
      const read = await reader.read(emitted, batch.length);
      const gradients = kept(read.gradients);
      const moves = read.steps === read.gradients ? gradients : kept(read.steps);
      // Adam's decay passes its preconditioner, which no projected matrix can.
      const decay = optimizer === 'adam' ? 0 : weightDecay;
      run.push({ points, learningRate, momentum, weightDecay: decay, gradients, steps: moves });
      ctx.progress((replayShare * (step + 1)) / steps);
    }
    const embeddings = await trainingEmbeddings(run, {
      columns: reader.columns,
      train,
      curvature: params.curvature === 'outer-products',
      onStep(done) {
        ctx.signal.throwIfAborted();
        ctx.progress(replayShare + ((1 - replayShare) * done) / steps);
      },
    });
    const rounded = Float32Array.from(embeddings);
    if (!rounded.every(Number.isFinite)) throw diverged();
    return { embeddings: rounded };
  },

  /** `gradients`: those of the target at the final model, [queries × columns]. */
  async queries(ctx, params) {
    const { queries, parameters } = ctx.task;
    const columns = params.projection === 'none' ? parameters : params.projDim;
    const gradients = new Float32Array(queries * columns);
    for await (const { start, rows, cols, data } of finalGradients(ctx, params, 'queries')) {
      gradients.set(data.subarray(0, rows * cols), start * cols);
    }
    return { gradients };
  },

  async score(ctx, _params, state, queryState) {
    const { train, queries } = ctx.task;
    const embeddings = state.embeddings as Float32Array;
    const columns = embeddings.length / train;
    const scores = new Float32Array(queries * train);
    await addRowProducts({
      left: blocksOf(queryState.gradients as Float32Array, columns, rowsAtOnce),
      leftRows: queries,
      right: () => blocksOf(embeddings, columns, rowsAtOnce),
      rightRows: train,
      into: scores,
      scale: 1,
      onBlock(share) {
        ctx.signal.throwIfAborted();
        ctx.progress(share);
      },
    });
    return scores;
  },

  /** How much each point lowers its own loss at the end of training: -e_iᵀ ∇loss_i. */
  async selfInfluence(ctx, params, state) {
    const embeddings = state.embeddings as Float32Array;
    const scores = new Float32Array(ctx.task.train);
    for await (const { start, rows, cols, data } of finalGradients(ctx, params, 'train')) {
      for (let row = 0; row < rows; row++) {
        let sum = 0;
        for (let c = 0; c < cols; c++) sum += embeddings[(start + row) * cols + c] * data[row * cols + c];
        scores[start + row] = -sum;
      }
    }
    return scores;
  },
});

function projectionOf(ctx: Context, { projection, projDim }: ProjectionChoice): Projection {
  return { kind: projection, dim: projDim, seed: ctx.seed('projection') };
}

/** Gradients at the end of the run, projected as those along it. */
async function* finalGradients(ctx: Context, params: ProjectionChoice, of: PointSet): AsyncGenerator<RowBlock> {
  const projection = projectionOf(ctx, params);
  const output = of === 'train' ? 'loss' : 'target';
  for await (const block of ctx.gradients({ of, checkpoint: ctx.trajectory[0], output, projection })) {
    ctx.signal.throwIfAborted();
    scaled(block.data, projectionScale(projection));
    yield block;
  }
}

/** Memory of all gradients of a run. */
function runBytes(
  { train, epochs, parameters, optimizer }: TaskInfo,
  { projection, projDim }: ProjectionChoice,
): number {
  const columns = projection === 'none' ? parameters : projDim;
  return 4 * train * epochs * columns * (optimizer.startsWith('adam') ? 2 : 1);
}

function diverged(): BenchError {
  return new BenchError({
    code: 'NUMERICS_NOT_FINITE',
    place: 'data-value-embedding',
    message: 'the embeddings grow beyond all bounds: with outer products as its Hessian, training would diverge',
    next: 'train with a lower learning rate, or set curvature: none',
  });
}
