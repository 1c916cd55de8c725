import { addMatmul, matmul } from '../matrices/matmul.js';

/** Points that each of some subsets keeps. */
type Members = readonly Int32Array[];

/** Training points whose columns of the mask are formed at a time. */
const block = 8192;

/**
 * Gram matrix of the masks of subsets with the mean over subsets taken from every column, [subsets × subsets]: the kernel of
 * a linear model of 0/1 masks with an intercept.
 */
export async function centredKernel(members: Members, train: number): Promise<Float64Array> {
  const m = members.length;
  const kernel = new Float64Array(m * m);
  for (const { columns, masks } of maskBlocks(members, train))
    await addMatmul(kernel, masks, masks, { m, k: columns, n: m, transposeB: true });
  const means = Float64Array.from({ length: m }, (_, i) => mean(kernel.subarray(i * m, (i + 1) * m)));
  const whole = mean(means);
  return kernel.map((value, at) => value - means[Math.floor(at / m)] - means[at % m] + whole);
}

/**
 * For each query the sum of its coefficients of the subsets that keep a point, [queries × train].
 * @param coefficients [subsets × queries]
 */
export async function weightsOfPoints(
  coefficients: Float64Array,
  members: Members,
  { train, queries }: { readonly train: number; readonly queries: number },
  onBlock: (share: number) => void,
): Promise<Float32Array> {
  const weights = new Float32Array(queries * train);
  for (const { start, columns, masks } of maskBlocks(members, train)) {
    const shape = { m: queries, k: members.length, n: columns, transposeA: true };
    const part = await matmul(coefficients, masks, shape);
    for (let query = 0; query < queries; query++)
      weights.set(part.subarray(query * columns, (query + 1) * columns), query * train + start);
    onBlock((start + columns) / train);
  }
  return weights;
}

/** Masks of all points as columns, [train × subsets]. */
export function maskColumns(members: Members, train: number): Float64Array {
  const columns = new Float64Array(train * members.length);
  for (const [subset, kept] of members.entries())
    for (const point of kept) columns[point * members.length + subset] = 1;
  return columns;
}

interface MaskBlock {
  readonly start: number;
  readonly columns: number;
  /** [subsets × columns] */
  readonly masks: Float64Array;
}

function* maskBlocks(members: Members, train: number): Generator<MaskBlock> {
  for (let start = 0; start < train; start += block) {
    const columns = Math.min(block, train - start);
    const masks = new Float64Array(members.length * columns);
    for (const [subset, kept] of members.entries())
      for (const point of kept)
        if (point >= start && point < start + columns) masks[subset * columns + point - start] = 1;
    yield { start, columns, masks };
  }
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
