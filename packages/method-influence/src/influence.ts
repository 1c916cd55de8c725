import { defineMethod, type MethodState, type RowBlock } from '@attribution-bench/contract';
import { addSolvedProducts, blocksOf, collectRows, float64Rows, rowSlabs } from '@attribution-bench/numerics';
import { addEigenspaceProducts } from './eigenspace.js';
import { queryGradients, trainGradients } from './gradients.js';
import { type Context, fitParams, type InfluenceParams, params } from './params.js';
import { divided, ownInfluence, relatifDivisors } from './relatif.js';
import { solvers } from './solvers/index.js';
import { type Eigenspace, type Inverse, rowsAtOnce, type Solver, type System } from './solvers/solver.js';

/** Gradients of queries up to this size are kept for `score`; larger ones are computed again. */
const keptGradientBytes = 2 ** 30;

/**
 * Influence functions (Koh and Liang 2017, equation 2): ∇target(query)ᵀ (C + λI)⁻¹ (-∇loss(point)), averaged over
 * checkpoints, with C the Hessian of the mean training loss or what stands for it, and (C + λI)⁻¹ as `solver` has it.
 */
export default defineMethod({
  id: 'influence',
  title: 'Influence functions',
  family: 'influence',
  origin: 'published',
  cite: 'Koh and Liang 2017, arXiv:1703.04730',
  revision: 4,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['checkpoints', 'gradients', 'curvature'],
  params,
  uses: ({ checkpoints }) => ({ checkpoints }),
  stages: { fit: fitParams, queries: ['solver', 'timesteps'] },
  supports(task, params) {
    const { curvatures, layerwise, supports }: Solver = solvers[params.solver];
    if (params.curvature !== 'auto' && !curvatures.includes(params.curvature))
      return `the solver ${params.solver} takes the curvature ${curvatures.join(', ')}, not ${params.curvature}`;
    if (params.dampingUnit === 'layer-mean-eigenvalue' && !layerwise)
      return `the solver ${params.solver} takes one damping for all layers: dampingUnit is absolute or mean-eigenvalue`;
    return supports?.(task, params) ?? true;
  },
  adapted: ({ kind }) =>
    kind === 'generator' ? 'the paper has supervised models; here the loss is averaged over noise levels' : undefined,

  /** What the solver keeps of each checkpoint, as `name@checkpoint`. */
  async fit(ctx, params) {
    const state: MethodState[] = [];
    for (const system of systemsOf(ctx, params)) {
      const fitted = await solvers[params.solver].fit(system, watcher(system));
      state.push(renamed(fitted, (name) => `${name}@${system.index}`));
    }
    return Object.assign({}, ...state);
  },

  /** `gradients@checkpoint`: ∇target of every query, [queries × p], where kept: not for solvers that ask for them in bases. */
  async queries(ctx, params) {
    const { queries, parameters: p } = ctx.task;
    const state: Record<string, Float32Array> = {};
    const { inEigenspace }: Solver = solvers[params.solver];
    if (inEigenspace || 4 * queries * p * ctx.checkpoints.length > keptGradientBytes) return state;
    for (const [index, checkpoint] of ctx.checkpoints.entries()) {
      const rows = queryGradients({ ctx, params, checkpoint });
      state[`gradients@${index}`] = (await collectRows(rows, queries)).data;
      ctx.progress((index + 1) / ctx.checkpoints.length);
    }
    return state;
  },

  async score(ctx, params, state, queryState) {
    const { train, queries, parameters: p } = ctx.task;
    const scores = new Float32Array(queries * train);
    for (const system of systemsOf(ctx, params)) {
      const inverse = await opened(system, state);
      const divisors = await divisorsOf(system, inverse);
      const scale = -1 / ctx.checkpoints.length; // a training step goes against the gradient of its loss
      if (typeof inverse !== 'function') {
        const onBlock = watcher(system);
        await addEigenspaceProducts(system, inverse, { into: scores, scale, onBlock, ...(divisors && { divisors }) });
        continue;
      }
      for await (const slab of rowSlabs(keptGradients(system, queryState), queries, 4 * p * rowsAtOnce(p))) {
        const watch = watcher(system, slab, queries);
        const points = trainGradients(system);
        await addSolvedProducts({
          solved: await inverse(float64Rows(slab), (share) => watch(share / 2)),
          right: divisors === undefined ? points : divided(points, divisors),
          rightRows: train,
          into: scores.subarray(slab.start * train, (slab.start + slab.rows) * train),
          scale,
          onBlock: (share) => watch((1 + share) / 2),
        });
      }
    }
    return scores;
  },

  /** Influence of each point on its own loss: ∇lossᵀ (C + λI)⁻¹ ∇loss. */
  async selfInfluence(ctx, params, state) {
    const scores = new Float32Array(ctx.task.train);
    for (const system of systemsOf(ctx, params)) {
      const { onItself } = await ownInfluence(system, await opened(system, state), watcher(system));
      for (const [point, value] of onItself.entries()) scores[point] += value / ctx.checkpoints.length;
    }
    return scores;
  },
});

function systemsOf(ctx: Context, params: InfluenceParams): System[] {
  const curvature = params.curvature === 'auto' ? solvers[params.solver].curvatures[0] : params.curvature;
  return ctx.checkpoints.map((checkpoint, index) => ({ ctx, params, checkpoint, index, curvature }));
}

function keptGradients(system: System, queryState: MethodState): AsyncIterable<RowBlock> {
  const kept = queryState[`gradients@${system.index}`] as Float32Array | undefined;
  const { parameters: p } = system.ctx.task;
  return kept === undefined ? queryGradients(system) : blocksOf(kept, p, rowsAtOnce(p));
}

function opened(system: System, state: MethodState): Promise<Inverse | Eigenspace> {
  const suffix = `@${system.index}`;
  const own = Object.entries(state).filter(([name]) => name.endsWith(suffix));
  return solvers[system.params.solver].open(
    system,
    renamed(Object.fromEntries(own), (name) => name.slice(0, -suffix.length)),
  );
}

/** With RelatIF, what the scores of each training point are divided by, [train]. */
async function divisorsOf(system: System, inverse: Inverse | Eigenspace): Promise<Float64Array | undefined> {
  const { relatif } = system.params;
  if (relatif === 'none') return undefined;
  return relatifDivisors(await ownInfluence(system, inverse, watcher(system, { start: 0, rows: 0 })), relatif);
}

function renamed(state: MethodState, rename: (name: string) => string): MethodState {
  return Object.fromEntries(Object.entries(state).map(([name, array]) => [rename(name), array]));
}

/** Reports the progress of rows [start, start + rows) of `total` of one checkpoint; throws when the run is cancelled. */
function watcher({ ctx, index }: System, { start, rows } = { start: 0, rows: 1 }, total = 1): (share: number) => void {
  return (share) => {
    ctx.signal.throwIfAborted();
    ctx.progress((index + (start + share * rows) / total) / ctx.checkpoints.length);
  };
}
