import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { compileScan, onnxEngine, type ScanBody, type ScanSpec, tfjsCpuEngine } from '../src/index.js';
import { difference, drawFeeds, expectSameAsCpu, float, int } from './support/compare.js';

const [n, width, batch, queries, steps] = [40, 6, 5, 3, 4];
const spec: ScanSpec = {
  carry: { weight: { shape: [width, 2], dtype: 'float32' } },
  each: { rows: { shape: [batch], dtype: 'int32' }, other: { shape: [batch], dtype: 'int32' } },
  shared: {
    table: { shape: [n, width], dtype: 'float32' },
    queries: { shape: [queries, width], dtype: 'float32' },
    column: { shape: [n, 1], dtype: 'float32' },
  },
};
const feeds = drawFeeds({
  weight: float([width, 2]),
  rows: int([steps, batch], 0, n - 1),
  other: int([steps, batch], 0, n - 1),
  table: float([n, width]),
  queries: float([queries, width]),
  column: float([n, 1]),
});
const withOnes = (x: tf.Tensor, last = 1) => tf.concat([x, tf.fill([x.shape[0], 1], last)], 1) as tf.Tensor2D;
const taken = (table: tf.Tensor, rows: tf.Tensor) => tf.gather(table, rows as tf.Tensor1D) as tf.Tensor2D;

const bodies: Readonly<Record<string, ScanBody>> = {
  'picked rows': ({ carry, each, shared }) => ({
    carry,
    emit: { y: tf.matMul(taken(shared.table, each.rows), shared.queries as tf.Tensor2D, false, true) },
  }),
  'picked rows with a constant column': ({ carry, each, shared }) => ({
    carry,
    emit: { y: tf.matMul(withOnes(taken(shared.table, each.rows), 0.5), withOnes(shared.queries), false, true) },
  }),
  'rows picked from two tables': ({ carry, each, shared }) => ({
    carry,
    emit: {
      y: tf.matMul(
        tf.concat([taken(shared.column, each.rows), taken(shared.table, each.rows)], 1) as tf.Tensor2D,
        withOnes(shared.queries),
        false,
        true,
      ),
    },
  }),
  'rows picked differently from two tables': ({ carry, each, shared }) => ({
    carry,
    emit: {
      y: tf.matMul(
        tf.concat([taken(shared.column, each.other), taken(shared.table, each.rows)], 1) as tf.Tensor2D,
        withOnes(shared.queries),
        false,
        true,
      ),
    },
  }),
  'picked columns': ({ carry, each, shared }) => ({
    carry,
    emit: {
      y: tf.matMul(
        tf.gather(tf.transpose(shared.table), each.rows as tf.Tensor1D, 1),
        shared.table as tf.Tensor2D,
        true,
        true,
      ),
    },
  }),
  'a factor that changes': ({ carry, each, shared }) => ({
    carry: { weight: tf.mul(carry.weight, 0.5) },
    emit: { y: tf.matMul(taken(shared.table, each.rows), carry.weight as tf.Tensor2D) },
  }),
};

it.each(Object.entries(bodies))('%s: the product is that of the factors', async (_, body) => {
  const run = async (engine: typeof onnxEngine) => {
    const program = await engine.scan(body, spec);
    const { y } = await program.run(feeds);
    await program.release();
    return y;
  };
  expect(difference(await run(onnxEngine), await run(tfjsCpuEngine))).toBeLessThan(1e-5);
});

it('multiplies what steps only pick from once, before the first', () => {
  const inLoop = (body: ScanBody) => {
    const written = new TextDecoder('latin1').decode(compileScan(body, spec).onnx);
    return written.slice(written.indexOf('body')).includes('Gemm');
  };
  expect(inLoop(bodies['picked rows with a constant column'])).toBe(false);
  expect(inLoop(bodies['a factor that changes'])).toBe(true);
});

it.each<[string, boolean, boolean]>([
  ['rows by rows', false, true],
  ['columns by rows', true, true],
  ['rows by columns', false, false],
  ['columns by columns', true, false],
])('constant parts of %s add a number', async (_, flipA, flipB) => {
  const joined = (x: tf.Tensor, flip: boolean, number: number) => {
    const whole = tf.concat([withOnes(x, number), tf.neg(x)], 1) as tf.Tensor2D;
    return flip
      ? (tf.concat([tf.transpose(x), tf.fill([1, x.shape[0]], number), tf.transpose(tf.neg(x))], 0) as tf.Tensor2D)
      : whole;
  };
  await expectSameAsCpu(
    ({ a, b }) => ({
      both: tf.matMul(joined(a, flipA, 2), joined(b, !flipB, 3), flipA, flipB),
      zero: tf.matMul(joined(a, flipA, 0), joined(b, !flipB, 3), flipA, flipB),
    }),
    { a: float([4, 3]), b: float([5, 3]) },
    1e-5,
  );
});
