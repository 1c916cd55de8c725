import { BenchError } from '@attribution-bench/contract';
import { cholesky, createGram, matrixOfProducts } from '@attribution-bench/numerics';
import { curvatureProducts } from '../curvature-products.js';
import { askedDamping, raisedUntil } from '../damping.js';
import { trainGradients } from '../gradients.js';
import { softmaxCurvature } from '../softmax-curvature.js';
import type { Solver, System, Watch } from './solver.js';

const maxParameters = 10_000;

/** Forms C and factors C + λI (Koh and Liang 2017, section 3, where p is small), in float64. */
export const explicit: Solver = {
  curvatures: ['hessian', 'gauss-newton', 'fisher'],
  supports: ({ parameters }) =>
    parameters <= maxParameters ||
    `its explicit curvature takes at most ${maxParameters} parameters, the model has ${parameters}; solver cg takes any`,

  /** `curvature`: lower triangle of C, row by row, [p (p + 1) / 2]. */
  async fit(system, watch) {
    const p = system.ctx.task.parameters;
    if (system.curvature === 'fisher') return { curvature: lowerTriangle(await fisher(system, watch), p) };
    const closed = await softmaxCurvature(system, watch);
    return { curvature: closed ?? lowerTriangle(await columnByColumn(system, watch), p) };
  },

  async open(system, { curvature }) {
    const p = system.ctx.task.parameters;
    const matrix = fullMatrix(curvature, p);
    let trace = 0;
    for (let i = 0; i < p; i++) trace += matrix[i * (p + 1)];
    const factor = await raisedUntil(system, askedDamping(system, trace), async (ridge) => {
      try {
        return await cholesky(matrix, p, { ridge, name: 'influence: curvature of the mean training loss' });
      } catch (error) {
        if (error instanceof BenchError && error.code === 'NUMERICS_NOT_POSITIVE_DEFINITE') return undefined;
        throw error;
      }
    });
    return (rows) => factor.solveRows(rows);
  },
};

/** C from its products with the unit vectors, [p × p]. */
function columnByColumn(system: System, watch: Watch): Promise<Float64Array> {
  return matrixOfProducts(
    system.ctx.task.parameters,
    (rows) => curvatureProducts(system, Float64Array.from(rows)),
    watch,
  );
}

/** Mean of ∇loss ∇lossᵀ, [p × p]. */
async function fisher(system: System, watch: Watch): Promise<Float64Array> {
  const { train, parameters: p } = system.ctx.task;
  const gram = createGram(p);
  for await (const block of trainGradients(system)) {
    await gram.add(block.data.subarray(0, block.rows * p));
    watch((block.start + block.rows) / train);
  }
  return (await gram.matrix()).map((sum) => sum / train);
}

/** The lower triangle of (A + Aᵀ) / 2, row by row. */
function lowerTriangle(a: Float64Array, n: number): Float32Array {
  const packed = new Float32Array((n * (n + 1)) / 2);
  for (let row = 0, at = 0; row < n; row++)
    for (let col = 0; col <= row; col++, at++) packed[at] = (a[row * n + col] + a[col * n + row]) / 2;
  return packed;
}

/** [n × n], lower triangle filled. */
function fullMatrix(packed: ArrayLike<number>, n: number): Float64Array {
  const a = new Float64Array(n * n);
  for (let row = 0, at = 0; row < n; row++) for (let col = 0; col <= row; col++, at++) a[row * n + col] = packed[at];
  return a;
}
