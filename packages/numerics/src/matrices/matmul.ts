import { BenchError } from '@attribution-bench/contract';
import { encodeModel, InferenceSession, Tensor } from '@attribution-bench/tfjs-onnx/runtime';
import { requireCount, requireLength } from '../errors.js';

export type FloatArray = Float32Array | Float64Array;

/** op(A) is [m × k], op(B) is [k × n], the product [m × n]; a transposed operand is stored the other way round. */
export interface MatmulShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** A is stored as [k × m]. */
  readonly transposeA?: boolean;
  /** B is stored as [n × k]. */
  readonly transposeB?: boolean;
}

type Mode = 'new' | 'add' | 'subtract';

const sessions = new Map<string, Promise<InferenceSession>>();

/**
 * op(A)·op(B), row-major [m × n], by ONNX Runtime on this thread, in the precision of its operands.
 * @param out filled and returned when given, so that a loop need not allocate; may be a view of a larger array
 */
export async function matmul<T extends FloatArray>(a: T, b: T, shape: MatmulShape, out?: T): Promise<T> {
  const { m, k, n } = shape;
  const product = out ?? (new (a.constructor as new (size: number) => T)(m * n) as T);
  checkOperands('matmul', a, b, product, shape);
  if (m * n === 0) return product;
  if (k === 0) return product.fill(0) as T;
  await run('new', a, b, product, shape);
  return product;
}

/** C ← C + sign · op(A)·op(B) in place; C is [m × n] and may be a view of a larger array. */
export async function addMatmul<T extends FloatArray>(
  c: T,
  a: T,
  b: T,
  shape: MatmulShape,
  sign: 1 | -1 = 1,
): Promise<void> {
  checkOperands('addMatmul', a, b, c, shape);
  if (shape.m * shape.n * shape.k === 0) return;
  await run(sign === 1 ? 'add' : 'subtract', a, b, c, shape);
}

/** Closes the sessions of this thread; the next product opens new ones. */
export async function releaseMatmul(): Promise<void> {
  const open = [...sessions.values()];
  sessions.clear();
  for (const session of open) await (await session).release();
}

function checkOperands(place: string, a: FloatArray, b: FloatArray, c: FloatArray, { m, k, n }: MatmulShape): void {
  for (const [name, size] of [
    ['m', m],
    ['k', k],
    ['n', n],
  ] as const)
    requireCount(place, name, size, 0);
  requireLength(place, 'the first operand', a, m * k);
  requireLength(place, 'the second operand', b, k * n);
  requireLength(place, 'the product', c, m * n);
  if ([a, b, c].some(({ buffer }) => buffer instanceof SharedArrayBuffer))
    throw new BenchError({
      code: 'NUMERICS_SHARED_MEMORY',
      place,
      message: 'an operand lies in shared memory, which ONNX Runtime refuses',
      next: 'copy it once a worker: data.slice()',
    });
}

async function run(mode: Mode, a: FloatArray, b: FloatArray, c: FloatArray, shape: MatmulShape): Promise<void> {
  const { m, k, n, transposeA = false, transposeB = false } = shape;
  const dtype = a instanceof Float64Array ? 'float64' : 'float32';
  const session = await openSession(dtype, transposeA, transposeB, mode);
  const target = tensor(dtype, c, [m, n]);
  const feeds = {
    a: tensor(dtype, a, transposeA ? [k, m] : [m, k]),
    b: tensor(dtype, b, transposeB ? [n, k] : [k, n]),
  };
  await session.run(mode === 'new' ? feeds : { ...feeds, c: target }, { y: target });
}

function tensor(dtype: 'float32' | 'float64', data: FloatArray, dims: number[]): Tensor {
  return dtype === 'float64'
    ? new Tensor(dtype, data as Float64Array, dims)
    : new Tensor(dtype, data as Float32Array, dims);
}

function openSession(
  dtype: 'float32' | 'float64',
  transposeA: boolean,
  transposeB: boolean,
  mode: Mode,
): Promise<InferenceSession> {
  const key = `${dtype} ${transposeA} ${transposeB} ${mode}`;
  let session = sessions.get(key);
  if (session === undefined) {
    session = InferenceSession.create(gemmModel(dtype, transposeA, transposeB, mode), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      enableMemPattern: false,
      extra: { session: { set_denormal_as_zero: '1' } },
    });
    sessions.set(key, session);
  }
  return session;
}

/** One ONNX Gemm, y = ±op(a)·op(b) [+ c], all sizes free. */
function gemmModel(type: 'float32' | 'float64', transposeA: boolean, transposeB: boolean, mode: Mode): Uint8Array {
  const matrix = (name: string, shape: string[]) => ({ name, type, shape });
  const inputs = [
    matrix('a', transposeA ? ['k', 'm'] : ['m', 'k']),
    matrix('b', transposeB ? ['n', 'k'] : ['k', 'n']),
    ...(mode === 'new' ? [] : [matrix('c', ['m', 'n'])]),
  ];
  return encodeModel({
    inputs,
    outputs: [matrix('y', ['m', 'n'])],
    nodes: [
      {
        op: 'Gemm',
        inputs: inputs.map(({ name }) => name),
        outputs: ['y'],
        attributes: {
          transA: { int: transposeA ? 1 : 0 },
          transB: { int: transposeB ? 1 : 0 },
          alpha: { float: mode === 'subtract' ? -1 : 1 },
        },
      },
    ],
  });
}
