import {
  defineMethod,
  type MethodState,
  overTimesteps,
  type PointSet,
  type RowBlock,
} from '@attribution-bench/contract';
import { addSolvedProducts, float64Rows, rowSlabs } from '@attribution-bench/numerics';
import { adamGains } from './adam-gains.js';
import { fitCurvature, openCurvature, supportsSolver } from './curvature.js';
import { type Context, params, type SourceParams } from './params.js';
import { type Segment, segmentedRuns } from './segments.js';
import { unrolled } from './unrolled.js';

const slabBytes = 2 ** 26;

/**
 * SOURCE (Bae et al. 2024, section 3): how the parameters after training move with the weight of a point, unrolled over
 * segments l of the run in each of which the curvature H_l and the point's gradient g_l are held constant. K_l steps of
 * mean learning rate η_l pass on S_l = exp(-η_l K_l H_l) of what moved before them and add (I - S_l) H_l⁻¹ (-g_l), so that
 * the score is  ∇target(query)ᵀ Σ_l S_L ··· S_l+1 (I - S_l) H_l⁻¹ (-g_l)  with the target's gradient after training.
 */
export default defineMethod({
  id: 'source',
  title: 'SOURCE',
  family: 'influence',
  origin: 'published',
  cite: 'Bae et al. 2024, arXiv:2405.12186',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['trajectory', 'gradients', 'curvature'],
  params,
  uses: ({ segments, checkpoints, runs }) => ({
    checkpoints: runs,
    trajectory: segments * checkpoints,
    trajectories: runs,
  }),
  supports: (task, { solver }) => supportsSolver(task, solver),
  adapted({ kind, optimizer }) {
    const reasons = [
      ...(optimizer === 'sgd' ? [] : ['Adam counts as SGD with a learning rate of its own for each layer']),
      ...(kind === 'generator' ? ['the loss is averaged over noise levels'] : []),
    ];
    return reasons.length === 0 ? undefined : reasons.join('; ');
  },

  /** What is kept of the curvature of each segment, and of Adam's `gains` in it, as `array@segment`. */
  async fit(ctx, params) {
    const runs = segmentedRuns(ctx.trajectory, ctx.task, params.segments);
    const gains = ctx.task.optimizer === 'sgd' ? undefined : await adamGains(ctx, runs[0]);
    const segments = runs.flat();
    const state: [string, MethodState[string]][] = [];
    for (const [done, segment] of segments.entries()) {
      const fitted = await fitCurvature(ctx, params, segment, (share) => {
        ctx.signal.throwIfAborted();
        ctx.progress((done + share) / segments.length);
      });
      const kept = gains === undefined ? fitted : { ...fitted, gains: gains[segment.index] };
      for (const [name, array] of Object.entries(kept)) state.push([`${name}@${segment.name}`, array]);
    }
    return Object.fromEntries(state);
  },

  async score(ctx, params, state) {
    const { train, queries } = ctx.task;
    const scores = new Float32Array(queries * train);
    for await (const { models, slab, solved, scale } of unrolledRows(ctx, params, state, 'queries')) {
      const into = scores.subarray(slab.start * train, (slab.start + slab.rows) * train);
      for (const model of models) {
        const right = gradients(ctx, params, { of: 'train', model });
        // A training step goes against the gradient of its loss.
        await addSolvedProducts({ solved, right, rightRows: train, into, scale: -scale });
      }
    }
    return scores;
  },

  /** By how much a point lowers its own loss: the score with -∇loss of the point in place of the target's gradient. */
  async selfInfluence(ctx, params, state) {
    const scores = new Float32Array(ctx.task.train);
    for await (const { models, slab, solved, scale } of unrolledRows(ctx, params, state, 'train')) {
      for (const model of models) {
        for await (const { start, rows, cols, data } of gradients(ctx, params, { of: 'train', model })) {
          const end = Math.min(start + rows, slab.start + slab.rows);
          for (let point = Math.max(start, slab.start); point < end; point++) {
            let product = 0;
            for (let i = 0; i < cols; i++)
              product += data[(point - start) * cols + i] * solved[(point - slab.start) * cols + i];
            scores[point] += scale * product;
          }
        }
      }
    }
    return scores;
  },
});

/** Rows of some points that the gradients of training points are multiplied with, of one segment. */
interface UnrolledRows {
  /** Models whose gradients of training points the products are averaged over. */
  readonly models: Segment['models'];
  /** The points. */
  readonly slab: RowBlock;
  /** ∇ᵀ S_L ··· S_l+1 (I - S_l) H_l⁻¹ of each, [rows × p]. */
  readonly solved: Float64Array;
  /** What each product counts in the mean over the segment's models and over runs. */
  readonly scale: number;
}

/** Of each run, slab by slab of points: from the last segment to the first. */
async function* unrolledRows(
  ctx: Context,
  params: SourceParams,
  state: MethodState,
  of: PointSet,
): AsyncGenerator<UnrolledRows> {
  const runs = segmentedRuns(ctx.trajectory, ctx.task, params.segments);
  const points = ctx.task[of];
  for (const [run, segments] of runs.entries()) {
    const [model] = segments[segments.length - 1].models.slice(-1);
    for await (const slab of rowSlabs(gradients(ctx, params, { of, model }), points, slabBytes)) {
      let passed = float64Rows(slab);
      for (let l = segments.length - 1; l >= 0; l--) {
        ctx.signal.throwIfAborted();
        const { name, models } = segments[l];
        const { eigenvalues, apply } = openCurvature(ctx, params, ofSegment(state, name));
        const gains = state[`gains@${name}`] ?? new Float64Array(ctx.task.layers.length).fill(1);
        const { passedOn, added } = unrolled(ctx.task, segments[l], eigenvalues, gains);
        const solved = await apply(passed.slice(), added);
        yield { models, slab, solved, scale: 1 / (models.length * runs.length) };
        if (l > 0) passed = await apply(passed, passedOn);
        const done = slab.start + (slab.rows * (segments.length - l)) / segments.length;
        ctx.progress((run + done / points) / runs.length);
      }
    }
  }
}

function ofSegment(state: MethodState, segment: string): MethodState {
  const suffix = `@${segment}`;
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, array]) =>
      name.endsWith(suffix) ? [[name.slice(0, -suffix.length), array]] : [],
    ),
  );
}

/** Gradients by all parameters: of training points, of the loss; of queries, of the target. */
async function* gradients(
  ctx: Context,
  { timesteps }: SourceParams,
  { of, model }: { readonly of: PointSet; readonly model: Segment['models'][number] },
): AsyncGenerator<RowBlock> {
  const output = of === 'train' ? 'loss' : 'target';
  const asked = { of, checkpoint: model, output, ...overTimesteps(ctx.task, timesteps) } as const;
  for await (const block of ctx.gradients(asked)) {
    ctx.signal.throwIfAborted();
    yield block;
  }
}
