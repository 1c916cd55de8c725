import { BenchError } from '@attribution-bench/contract';
import { buildGraph, type Graph, type GraphProgram, openGraph } from '@attribution-bench/onnx';
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

const programs = new Map<string, Promise<GraphProgram>>();

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

/**
 * Releases the programs of this thread; the next product opens new ones.
 * @internal tests leave no session open
 */
export async function releaseMatmul(): Promise<void> {
  const open = [...programs.values()];
  programs.clear();
  for (const program of open) await (await program).release();
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
      next: 'copy it once per worker: data.slice()',
    });
}

async function run(mode: Mode, a: FloatArray, b: FloatArray, c: FloatArray, shape: MatmulShape): Promise<void> {
  const { m, k, n, transposeA = false, transposeB = false } = shape;
  const dtype = a instanceof Float64Array ? 'float64' : 'float32';
  const program = await openProgram(dtype, transposeA, transposeB, mode);
  const target = { data: c, shape: [m, n] };
  const operands = {
    a: { data: a, shape: transposeA ? [k, m] : [m, k] },
    b: { data: b, shape: transposeB ? [n, k] : [k, n] },
  };
  await program.run(mode === 'new' ? operands : { ...operands, c: target }, { y: target });
}

function openProgram(
  dtype: 'float32' | 'float64',
  transposeA: boolean,
  transposeB: boolean,
  mode: Mode,
): Promise<GraphProgram> {
  const key = `${dtype} ${transposeA} ${transposeB} ${mode}`;
  let program = programs.get(key);
  if (program === undefined) {
    program = openGraph(gemmGraph(dtype, transposeA, transposeB, mode), { memoryPattern: false });
    programs.set(key, program);
  }
  return program;
}

/** One ONNX Gemm, y = ±op(a)·op(b) [+ c], all sizes free. */
function gemmGraph(type: 'float32' | 'float64', transposeA: boolean, transposeB: boolean, mode: Mode): Graph {
  const matrix = (name: string, shape: string[]) => ({ name, type, shape });
  const inputs = [
    matrix('a', transposeA ? ['k', 'm'] : ['m', 'k']),
    matrix('b', transposeB ? ['n', 'k'] : ['k', 'n']),
    ...(mode === 'new' ? [] : [matrix('c', ['m', 'n'])]),
  ];
  return buildGraph({
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
