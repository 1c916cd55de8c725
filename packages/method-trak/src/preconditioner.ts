import { BenchError, type RowBlock } from '@attribution-bench/contract';
import {
  cholesky,
  createGram,
  float64Rows,
  type KernelScores,
  matmul,
  type RidgeKernel,
  type RidgeOptions,
  ridgeOf,
  type SpdFactor,
  symmetricEigenvalues,
  transpose,
} from '@attribution-bench/numerics';

/** An eigenvalue this small beside the largest one is taken for the rounding error of 0. */
const rounding = 1e-12;

/** Consecutive columns of the features that have a second moment matrix of their own. */
export interface Part {
  readonly name: string;
  readonly columns: number;
}

export interface PreconditionerOptions extends RidgeOptions {
  readonly parts: readonly Part[];
  /** How many training points the matrices are sums over. */
  readonly points: number;
  /** Features of the queries, [queries × columns]; without them no second moments of queries are used. */
  readonly queries: RowBlock | undefined;
  readonly queryMoments: number;
  readonly queryComponents: number;
  readonly unitNorm: boolean;
}

export type Preconditioner = Pick<RidgeKernel, 'addScores' | 'leverages'>;

/** Columns of all parts together. */
export function columnsOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { columns }) => sum + columns, 0);
}

/** ΦᵀΦ of the columns of every part, [columns × columns], one after the other, in one pass over the rows of Φ. */
export async function momentMatrices(rows: AsyncIterable<RowBlock>, parts: readonly Part[]): Promise<Float64Array> {
  const grams = parts.map(({ columns }) => createGram(columns));
  for await (const block of rows)
    for (const [index, columns] of partColumns(block, parts).entries()) await grams[index].add(columns);
  const matrices = new Float64Array(parts.reduce((sum, { columns }) => sum + columns ** 2, 0));
  let place = 0;
  for (const [index, { columns }] of parts.entries()) {
    matrices.set(await grams[index].matrix(), place);
    place += columns ** 2;
  }
  return matrices;
}

/**
 * Scores ⟨ψ(query), ψ(point)⟩ with ψ = L⁻¹φ, where LLᵀ = M + λI, part by part: φᵀ(M + λI)⁻¹φ (Choe et al. 2024, LoGra), or,
 * with every ψ scaled to unit length over all parts, the cosine of TrackStar (Chang et al. 2024), whose (M + λI)^(-1/2)
 * gives the same cosine. M = (1 - s) ΦᵀΦ + s (points / queries) ΦqᵀΦq with the features Φq of the queries. λ is that of
 * each part. s is `queryMoments`, or such that (1 - s) σ = s σq, with σ and σq the eigenvalues at place
 * `queryComponents`, counted from the largest of all parts (TrackStar, appendix A.1.3).
 * @param matrices of the training points, see {@link momentMatrices}
 * @throws BenchError METHOD_INPUT where second moments have fewer components,
 *   NUMERICS_NOT_POSITIVE_DEFINITE where λ is too small for moments without full rank
 */
export async function preconditioner(matrices: Float64Array, options: PreconditionerOptions): Promise<Preconditioner> {
  const { parts, unitNorm } = options;
  const factors = await factorsOf(await mixed(matrices, options), options);
  return {
    async addScores({ queries, phi, into, scale, onBlock }: KernelScores) {
      const points = into.length / queries.rows;
      const left = await whitened(queries, parts, factors);
      if (unitNorm) scaleToUnit(left, queries.rows);
      for await (const block of phi()) {
        const right = await whitened(block, parts, factors);
        if (unitNorm) scaleToUnit(right, block.rows);
        const shape = { m: queries.rows, k: columnsOf(parts), n: block.rows, transposeA: true };
        const tile = await matmul<Float64Array>(left, right, shape);
        for (let i = 0; i < queries.rows; i++)
          for (let j = 0; j < block.rows; j++) into[i * points + block.start + j] += scale * tile[i * block.rows + j];
        onBlock?.((block.start + block.rows) / points);
      }
    },
    async leverages(phi) {
      const leverages = new Float64Array(options.points);
      for await (const block of phi)
        leverages.set(squaredLengths(await whitened(block, parts, factors), block.rows), block.start);
      return leverages;
    },
  };
}

/** Matrices of all parts with the second moments of the queries in them. */
async function mixed(matrices: Float64Array, options: PreconditionerOptions): Promise<Float64Array> {
  const { parts, points, queries, queryMoments, queryComponents } = options;
  if (queries === undefined || (queryMoments === 0 && queryComponents === 0)) return matrices;
  const ofQueries = await momentMatrices(oneBlock(queries), parts);
  for (let i = 0; i < ofQueries.length; i++) ofQueries[i] *= points / queries.rows;
  let share = queryMoments;
  if (queryComponents > 0) {
    const own = eigenvalueAt(matrices, 'training points', options);
    share = own / (own + eigenvalueAt(ofQueries, 'queries', options));
  }
  return matrices.map((value, i) => (1 - share) * value + share * ofQueries[i]);
}

/** The eigenvalue at place `queryComponents` of all parts together, counted from the largest. */
function eigenvalueAt(
  matrices: Float64Array,
  whose: string,
  { parts, queryComponents: place, name }: PreconditionerOptions,
): number {
  const values = Float64Array.from(
    [...partMatrices(matrices, parts)].flatMap(({ part, matrix }) => [...symmetricEigenvalues(matrix, part.columns)]),
  ).sort((a, b) => b - a);
  const found = values[place - 1] ?? 0;
  if (found > rounding * values[0]) return found;
  throw new BenchError({
    code: 'METHOD_INPUT',
    place: name,
    message: `queryComponents is ${place}, and the second moments of the ${whose} have ${values.filter((value) => value > rounding * values[0]).length} components`,
    next: 'lower queryComponents, or give the share itself as queryMoments',
  });
}

/** L of every part. */
async function factorsOf(matrices: Float64Array, options: PreconditionerOptions): Promise<SpdFactor[]> {
  const { parts, points, name } = options;
  const factors: SpdFactor[] = [];
  for (const { part, matrix } of partMatrices(matrices, parts)) {
    const ridge = ridgeOf(matrix, { points, columns: part.columns, form: 'columns' }, options);
    factors.push(await cholesky(matrix, part.columns, { ridge, name: `${name}, columns of ${part.name}` }));
  }
  return factors;
}

function* partMatrices(
  matrices: Float64Array,
  parts: readonly Part[],
): Generator<{ readonly part: Part; readonly matrix: Float64Array }> {
  let place = 0;
  for (const part of parts) {
    yield { part, matrix: matrices.subarray(place, place + part.columns ** 2) };
    place += part.columns ** 2;
  }
}

/** ψ of rows of features, transposed: [columns × rows]. */
async function whitened(block: RowBlock, parts: readonly Part[], factors: readonly SpdFactor[]): Promise<Float64Array> {
  const out = new Float64Array(block.rows * columnsOf(parts));
  let place = 0;
  for (const [index, columns] of partColumns(block, parts).entries()) {
    out.set(await factors[index].solveLower(transpose(columns, block.rows, parts[index].columns), block.rows), place);
    place += columns.length;
  }
  return out;
}

/** The columns of each part, [rows × columns] each, in float64. */
function partColumns(block: RowBlock, parts: readonly Part[]): Float64Array[] {
  const rows = float64Rows(block);
  if (parts.length === 1) return [rows];
  let from = 0;
  return parts.map(({ columns }) => {
    const part = new Float64Array(block.rows * columns);
    for (let row = 0; row < block.rows; row++) {
      const start = row * block.cols + from;
      part.set(rows.subarray(start, start + columns), row * columns);
    }
    from += columns;
    return part;
  });
}

/** Squared length of every column of [any × columns]. */
function squaredLengths(matrix: Float64Array, columns: number): Float64Array {
  const squares = new Float64Array(columns);
  for (let i = 0; i < matrix.length; i++) squares[i % columns] += matrix[i] ** 2;
  return squares;
}

/** Scales every column to length 1; one of zeros stays as it is. */
function scaleToUnit(matrix: Float64Array, columns: number): void {
  const lengths = squaredLengths(matrix, columns).map((square) => (square === 0 ? 1 : Math.sqrt(square)));
  for (let i = 0; i < matrix.length; i++) matrix[i] /= lengths[i % columns];
}

async function* oneBlock(block: RowBlock): AsyncGenerator<RowBlock> {
  yield block;
}
