import { sizeOf } from '@attribution-bench/contract';
import { blockedDomain } from '@attribution-bench/onnx';
import {
  type ConstantData,
  constantData,
  type GraphNode,
  nodesInOrder,
  producer,
  type Value,
} from './graph-builder.js';

/** What is said here of any number of threads holds for as many. */
export const threadsAtMost = 8;

/** Operators that add nothing up, or by themselves in one thread for each number of the result; a test holds these to it. */
export const undivided: ReadonlySet<string> = new Set(
  (
    'Abs Add ArgMax ArgMin AveragePool Cast Ceil Concat Cos Div Equal Erf Exp Expand Floor Gather Greater GreaterOrEqual ' +
    'HardSigmoid Identity LeakyRelu Less LessOrEqual Max MaxPool Min Mul Neg Pad Pow Reciprocal ReduceMax ReduceMin Relu ' +
    'ReorderInput ReorderOutput Reshape Round ScatterElements Sigmoid Sign Sin Slice Softmax Sqrt Sub Sum Tan Tanh Transpose Where'
  ).split(' '),
);

/** Computed several numbers at a time, and otherwise where a thread's part ends: by one thread where they are few. */
export const ragged: ReadonlySet<string> = new Set(['Elu', 'Log', 'Selu', 'Softplus']);
const numbersOfOneThread = 4096;

/** Products of no more multiplications are computed by one thread. */
const productOfOneThread = 2 ** 16;
/** Terms that are added up in one go, whatever the sizes of a product. */
const termsAtOnce = 128;
/** Rows of the result that each thread gets at least where there are several: a single one is computed in another way. */
const rowsApiece = 2;
/** Columns of the result that each thread gets at least where sums are cut as they are by one thread. */
const columnsApiece = 128;

/**
 * Whether all that values depend on comes out the same, byte for byte, on any number of threads up to {@link threadsAtMost}:
 * how ONNX Runtime 1.30 shares operators among threads decides where it cuts some of the sums.
 */
export function sameBytes(roots: readonly Value[]): boolean {
  return nodesInOrder(roots).every(isUndivided);
}

/** {@link sameBytes} of one operator. */
export function isUndivided(node: GraphNode): boolean {
  const { op, domain, inputs, outputs } = node;
  if (op === 'Transpose' && !isFlippedUndivided(inputs[0])) return false;
  if (undivided.has(op)) return true;
  if (ragged.has(op)) return sizeOf(outputs[0].shape) <= numbersOfOneThread;
  const [first, second] = inputs;
  if (first === undefined) return false;
  if (second === undefined) return false;
  if (op === 'ReduceSum' || op === 'ReduceMean') return isSumUndivided(first.shape, constantData(second));
  if (op === 'Conv') return domain === blockedDomain || isConvolutionUndivided(node);
  if (op === 'ConvTranspose') return isTransposedUndivided(node);
  return isProduct(node) && isMatrixProductUndivided(node);
}

export function isProduct({ op }: GraphNode): boolean {
  return op === 'Gemm' || op === 'MatMul' || op === 'FusedMatMul';
}

/** How many terms each number of a product sums up. */
export function termsOf({ inputs: [a], attributes }: GraphNode): number {
  const { transA } = attributes as { readonly transA?: { readonly int: number } };
  return a?.shape.at(transA?.int === 1 ? -2 : -1) ?? 1;
}

/** Products of matrices. */
interface Products {
  /** How many of one size there are. */
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly terms: number;
}

/**
 * Products side by side go to threads whole where there are enough of them. Otherwise threads share the rows of a result or,
 * where there are more columns than rows, the columns, whose number in a part decides how many terms are added up in one go.
 */
function areUndivided({ count, rows, columns, terms }: Products): boolean {
  if (count >= threadsAtMost || count * rows * columns * terms < productOfOneThread) return true;
  if (rows === 1) return true;
  if (columns === 1) return false;
  if (rows >= columns) return rows >= rowsApiece * threadsAtMost;
  return terms <= termsAtOnce || columns >= columnsApiece * threadsAtMost;
}

function isMatrixProductUndivided(node: GraphNode): boolean {
  const {
    inputs: [, b],
    outputs: [{ shape }],
  } = node;
  const [rows, columns] = shape.slice(-2);
  const count = sizeOf(shape.slice(0, -2));
  const terms = termsOf(node);
  // A stack of matrices times one matrix may be one product of them all.
  const mayBeOne = b === undefined || sizeOf(b.shape.slice(0, -2)) === 1;
  return (
    areUndivided({ count, rows, columns, terms }) &&
    (!mayBeOne || areUndivided({ count: 1, rows: count * rows, columns, terms }))
  );
}

/** What is transposed, where ONNX Runtime may compute it as the product of its factors transposed. */
function isFlippedUndivided(value: Value | undefined): boolean {
  const product = value === undefined ? undefined : producer(value, 'Gemm');
  if (product === undefined) return true;
  const [columns, rows] = product.outputs[0].shape;
  return areUndivided({ count: 1, rows, columns, terms: termsOf(product) });
}

/** Images go to threads whole. One by itself is shared by its pixels, which decide like the columns of a product. */
function isConvolutionUndivided({ inputs: [, filter], outputs: [result], attributes }: GraphNode): boolean {
  if (filter === undefined) return false;
  const { group } = attributes as { readonly group?: { readonly int: number } };
  const [images, channels] = result.shape;
  const pixels = sizeOf(result.shape.slice(2));
  const rows = channels / (group?.int ?? 1);
  const terms = sizeOf(filter.shape.slice(1));
  if (terms <= termsAtOnce) return true;
  return images > 1 && (rows <= pixels || rows >= rowsApiece * threadsAtMost);
}

/** Each image is a product of its own with the filter, of which threads take a part. */
function isTransposedUndivided({ inputs: [images, filter] }: GraphNode): boolean {
  if (images === undefined || filter === undefined) return false;
  const [terms, ...sizes] = filter.shape;
  return areUndivided({ count: 1, rows: sizeOf(sizes), columns: sizeOf(images.shape.slice(2)), terms });
}

/**
 * Sums and means over axes. Where an axis is kept before one that is summed, ONNX Runtime chooses how to sum by whether the kept
 * one is as long as there are threads.
 */
function isSumUndivided(shape: readonly number[], axes: ConstantData): boolean {
  const summed = new Set([...(axes as BigInt64Array)].map((axis) => (Number(axis) + shape.length) % shape.length));
  const groups: { readonly kept: boolean; size: number }[] = [];
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const kept = !summed.has(axis);
    const last = groups.at(-1);
    if (last?.kept === kept) last.size *= size;
    else groups.push({ kept, size });
  }
  const first = groups.findIndex((group) => group.kept);
  const sumsAfterIt = first !== -1 && groups.slice(first).some((group) => !group.kept);
  return !sumsAfterIt || groups[first].size >= threadsAtMost;
}
