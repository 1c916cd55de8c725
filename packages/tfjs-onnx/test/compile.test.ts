import { BenchError } from '@attribution-bench/contract';
import { openGraph } from '@attribution-bench/onnx';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import {
  compile,
  compileScan,
  onnxEngine,
  type Tensors,
  tfjsCpuEngine,
  tfjsEngine,
  tfjsNodeStatus,
} from '../src/index.js';
import { difference, drawFeeds, float, int, runOn, specsOf } from './support/compare.js';

const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;

function failure(action: () => unknown): BenchError {
  try {
    action();
  } catch (error) {
    if (error instanceof BenchError) return error;
    throw error;
  }
  throw new Error('did not throw');
}

describe('compile', () => {
  it('says what goes in and out', () => {
    const graph = compile(({ x, i }) => ({ y: tf.gather(x, i as tf.Tensor1D), hit: tf.greater(x, 0), i }), {
      x: f32(5, 3),
      i: { shape: [2], dtype: 'int32' },
    });
    expect(graph.inputs).toEqual({ x: f32(5, 3), i: { shape: [2], dtype: 'int32' } });
    expect(graph.outputs).toEqual({
      y: f32(2, 3),
      hit: { shape: [5, 3], dtype: 'uint8' },
      i: { shape: [2], dtype: 'int32' },
    });
  });

  it('lets inputs and outputs share names, be the same, and be constants', async () => {
    const { outputs } = await runOn(
      onnxEngine,
      ({ x, y }) => ({ x: tf.add(x, y), y: x, again: x, sum: tf.add(x, y), one: tf.ones([2]) }),
      { x: f32(2), y: f32(2) },
      { x: Float32Array.of(1, 2), y: Float32Array.of(10, 20) },
    );
    expect(Object.fromEntries(Object.entries(outputs).map(([name, data]) => [name, [...data]]))).toEqual({
      x: [11, 22],
      y: [1, 2],
      again: [1, 2],
      sum: [11, 22],
      one: [1, 1],
    });
  });

  it('gives the same bytes every time', () => {
    const once = () =>
      compile(
        ({ x, w }) => {
          const [slope] = tf.grads((v: tf.Tensor) => tf.logSoftmax(tf.matMul(x, v)).square().sum())([w]);
          return { slope };
        },
        { x: f32(5, 4), w: f32(4, 3) },
      ).onnx;
    expect(Buffer.compare(once(), once())).toBe(0);
  });

  it('writes common subexpressions once and leaves out what nothing uses', () => {
    const size = (fn: (inputs: Tensors) => Tensors) => compile(fn, { x: f32(3) }).onnx.length;
    const plain = size(({ x }) => ({ y: tf.exp(x) }));
    const repeated = size(({ x }) => {
      tf.sin(x);
      return {
        y: tf
          .maximum(tf.exp(x), tf.exp(x))
          .sub(tf.exp(x).sub(tf.exp(x)))
          .sub(tf.zerosLike(x)),
      };
    });
    expect(size(({ x }) => ({ y: tf.exp(tf.add(x, tf.zerosLike(x))) }))).toBe(plain);
    expect(repeated).toBeLessThan(plain + 250);
  });

  it('turns captured tensors and variables into constants, and leaves them usable', async () => {
    await tf.setBackend('cpu');
    const captured = tf.tensor1d([1, 2, 3]);
    const variable = tf.variable(tf.tensor1d([10, 20, 30]));
    const { outputs } = await runOn(
      onnxEngine,
      ({ x }) => ({ y: tf.add(tf.add(x, captured), variable) }),
      { x: f32(3) },
      { x: Float32Array.of(100, 200, 300) },
    );
    expect([...outputs.y]).toEqual([111, 222, 333]);
    expect([...captured.dataSync()]).toEqual([1, 2, 3]);
    expect([...variable.dataSync()]).toEqual([10, 20, 30]);
    expect(tf.getBackend()).toBe('cpu');
    tf.dispose([captured, variable]);
  });

  it('takes gradients of variables made inside, and leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    const { outputs } = await runOn(
      onnxEngine,
      ({ x }) => {
        const w = tf.variable(x, true, 'weights');
        const { grads } = tf.variableGrads(() => w.square().sum());
        return { slope: grads.weights };
      },
      { x: f32(3) },
      { x: Float32Array.of(1, 2, 3) },
    );
    expect([...outputs.slope]).toEqual([2, 4, 6]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('reads uint8 inputs as int32', async () => {
    const { outputs, specs } = await runOn(
      onnxEngine,
      ({ pixels, i }) => ({
        y: tf.div(tf.cast(tf.gather(pixels, i as tf.Tensor1D), 'float32'), 255),
        z: tf.sub(pixels, tf.scalar(200, 'int32')),
      }),
      { pixels: { shape: [3], dtype: 'uint8' }, i: { shape: [2], dtype: 'int32' } },
      { pixels: Uint8Array.of(0, 51, 255), i: Int32Array.of(2, 1) },
    );
    expect(difference(outputs.y, Float32Array.of(1, 0.2))).toBeLessThan(1e-7);
    expect([...outputs.z]).toEqual([-200, -149, 55]);
    expect(specs.z.dtype).toBe('int32');
  });

  it('names an operation it cannot compile and where it was called', () => {
    const error = failure(() => compile(({ x }) => ({ y: tf.spectral.rfft(x) }), { x: f32(4) }));
    expect(error.code).toBe('COMPILE_UNSUPPORTED');
    expect(error.line).toMatch(
      /^packages\/tfjs-onnx\/test\/compile\.test\.ts:\d+:\d+ the TensorFlow\.js operation \w+ cannot be compiled, write it with/,
    );
  });

  it('places errors of TensorFlow.js in the code that made them', () => {
    const error = failure(() => compile(({ x }) => ({ y: tf.matMul(x, x) }), { x: f32(4, 3) }));
    expect(error.line).toMatch(
      /compile\.test\.ts:\d+:\d+ matMul: inner sizes \(3 and 4\) of \[4,3\] and \[4,3\] differ/,
    );
  });

  it('refuses to read numbers that do not exist yet', () => {
    const error = failure(() => compile(({ x }) => ({ y: tf.scalar(x.dataSync()[0]) }), { x: f32(1) }));
    expect(error).toMatchObject({ code: 'COMPILE_READ', place: expect.stringContaining('compile.test.ts') });
  });

  it('refuses tensors of another compiled function', () => {
    let leaked: tf.Tensor | undefined;
    compile(
      ({ x }) => {
        leaked = tf.keep(tf.exp(x));
        return { y: leaked };
      },
      { x: f32(1) },
    );
    expect(failure(() => compile(({ x }) => ({ y: tf.add(x, leaked as tf.Tensor) }), { x: f32(1) }))).toMatchObject({
      code: 'COMPILE_FOREIGN_TENSOR',
    });
    leaked?.dispose();
  });

  it('refuses inputs it cannot have and outputs that are none', () => {
    expect(failure(() => compile(({ x }) => ({ x }), { x: { shape: [1], dtype: 'float64' } })).code).toBe(
      'COMPILE_DTYPE',
    );
    expect(failure(() => compile(({ x }) => ({ x }), { x: f32(-1) })).code).toBe('COMPILE_SHAPE');
    expect(failure(() => compile(() => ({ y: 3 as unknown as tf.Tensor }), { x: f32(1) })).code).toBe('COMPILE_OUTPUT');
  });

  it('uses the backend that was in use again after a failure', async () => {
    await tf.setBackend('cpu');
    failure(() => compile(({ x }) => ({ y: tf.spectral.rfft(x) }), { x: f32(4) }));
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.add(1, 2).dataSync()[0]).toBe(3);
  });
});

/** Softmax regression through two layers with momentum: what the engine is for. */
const mlp = {
  spec: {
    carry: {
      w1: f32(64, 32),
      b1: f32(32),
      w2: f32(32, 10),
      b2: f32(10),
      v1: f32(64, 32),
      vb1: f32(32),
      v2: f32(32, 10),
      vb2: f32(10),
    },
    each: { batch: { shape: [16], dtype: 'int32' }, rate: f32() },
    shared: { images: f32(80, 64), labels: { shape: [80], dtype: 'int32' } },
  } as const,
  body: ({ carry, each, shared }: { carry: Tensors; each: Tensors; shared: Tensors }) => {
    const x = tf.gather(shared.images, each.batch as tf.Tensor1D);
    const y = tf.oneHot(tf.gather(shared.labels, each.batch as tf.Tensor1D) as tf.Tensor1D, 10);
    const names = ['w1', 'b1', 'w2', 'b2'];
    const { value, grads } = tf.valueAndGrads((w1: tf.Tensor, b1: tf.Tensor, w2: tf.Tensor, b2: tf.Tensor) => {
      const hidden = tf.relu(tf.add(tf.matMul(x, w1), b1));
      const logits = tf.add(tf.matMul(hidden, w2), b2);
      return tf.neg(tf.mean(tf.sum(tf.mul(y, tf.logSoftmax(logits)), -1))) as tf.Scalar;
    })(names.map((name) => carry[name]));
    const next: Tensors = {};
    for (const [i, name] of names.entries()) {
      const slot = name.replace('w', 'v').replace('b', 'vb');
      next[slot] = tf.add(tf.mul(carry[slot], 0.9), grads[i]);
      next[name] = tf.sub(carry[name], tf.mul(each.rate, next[slot]));
    }
    return { carry: next, emit: { loss: value } };
  },
};

const steps = 40;
const mlpFeeds = () => ({
  ...drawFeeds({
    w1: float([64, 32], -0.2, 0.2),
    b1: float([32], 0, 0),
    w2: float([32, 10], -0.3, 0.3),
    b2: float([10], 0, 0),
    v1: float([64, 32], 0, 0),
    vb1: float([32], 0, 0),
    v2: float([32, 10], 0, 0),
    vb2: float([10], 0, 0),
    batch: int([steps, 16], 0, 79),
    rate: float([steps], 0.05, 0.1),
    images: float([80, 64], 0, 1),
    labels: int([80], 0, 9),
  }),
});

describe('compileScan', () => {
  it('trains an MLP by SGD with momentum to the numbers of the eager cpu engine', async () => {
    const [compiled, eager] = await Promise.all(
      [onnxEngine, tfjsCpuEngine].map((engine) => engine.scan(mlp.body, mlp.spec)),
    );
    const [actual, expected] = [await compiled.run(mlpFeeds()), await eager.run(mlpFeeds())];
    expect(Object.keys(actual)).toEqual([...Object.keys(mlp.spec.carry), 'loss']);
    expect(actual.loss.length).toBe(steps);
    expect(actual.loss[steps - 1]).toBeLessThan(actual.loss[0] * 0.9);
    for (const name of Object.keys(expected)) expect(difference(actual[name], expected[name])).toBeLessThan(1e-4);
    await compiled.release();
  });

  it('gives the same bytes twice, from one session or two, in one call or in chunks', async () => {
    const graph = compileScan(mlp.body, mlp.spec);
    const [first, second] = [await openGraph(graph), await openGraph(compileScan(mlp.body, mlp.spec))];
    const feeds = mlpFeeds();
    const whole = await first.run(feeds);
    expect(await first.run(feeds)).toEqual(whole);
    expect(await second.run(feeds)).toEqual(whole);
    const head = await first.run({ ...feeds, batch: feeds.batch.slice(0, 15 * 16), rate: feeds.rate.slice(0, 15) });
    const { loss, ...state } = head;
    const tail = await first.run({ ...feeds, ...state, batch: feeds.batch.slice(15 * 16), rate: feeds.rate.slice(15) });
    expect(tail.w1).toEqual(whole.w1);
    expect([...loss, ...tail.loss]).toEqual([...whole.loss]);
    await Promise.all([first.release(), second.release()]);
  });

  it('carries, emits and computes beforehand whatever it is given', async () => {
    const program = await onnxEngine.scan(
      ({ carry, each, shared }) => {
        const fixed = tf.exp(tf.add(shared.s, 1));
        return {
          carry: { a: carry.b, b: carry.a, kept: carry.kept, one: tf.ones([2]), s0: tf.add(carry.s0, fixed) },
          emit: { e: each.e, twice: each.e, fixed, constant: tf.scalar(7), total: tf.sum(carry.a) },
        };
      },
      {
        carry: { a: f32(2), b: f32(2), kept: f32(1), one: f32(2), s0: f32() },
        each: { e: f32(2) },
        shared: { s: f32(), unused: f32(3) },
      },
    );
    const outputs = await program.run({
      a: Float32Array.of(1, 2),
      b: Float32Array.of(3, 4),
      kept: Float32Array.of(5),
      one: Float32Array.of(0, 0),
      s0: Float32Array.of(0),
      e: Float32Array.of(1, 2, 3, 4, 5, 6),
      s: Float32Array.of(-1),
      unused: new Float32Array(3),
    });
    expect(Object.fromEntries(Object.entries(outputs).map(([name, data]) => [name, [...data]]))).toEqual({
      a: [3, 4],
      b: [1, 2],
      kept: [5],
      one: [1, 1],
      s0: [3],
      e: [1, 2, 3, 4, 5, 6],
      twice: [1, 2, 3, 4, 5, 6],
      fixed: [1, 1, 1],
      constant: [7, 7, 7],
      total: [3, 7, 3],
    });
    expect(program.outputs.twice).toEqual(f32(-1, 2));
    await program.release();
  });

  it('trains several models in one graph without one changing another', async () => {
    const models = 4;
    const spec = {
      carry: { w: f32(models, 8, 3), b: f32(models, 1, 3) },
      each: { batch: { shape: [models, 6], dtype: 'int32' } },
      shared: { x: f32(20, 8), y: f32(20, 3) },
    } as const;
    const program = await onnxEngine.scan(({ carry, each, shared }) => {
      const x = tf.gather(shared.x, each.batch as tf.Tensor1D);
      const y = tf.gather(shared.y, each.batch as tf.Tensor1D);
      const [dw, db] = tf.grads((w: tf.Tensor, b: tf.Tensor) =>
        tf.neg(tf.sum(tf.mul(y, tf.logSoftmax(tf.add(tf.matMul(x, w), b))))),
      )([carry.w, carry.b]);
      return { carry: { w: tf.sub(carry.w, tf.mul(0.1, dw)), b: tf.sub(carry.b, tf.mul(0.1, db)) } };
    }, spec);
    const feeds = drawFeeds({
      w: float([models, 8, 3]),
      b: float([models, 1, 3]),
      batch: int([25, models, 6], 0, 19),
      x: float([20, 8]),
      y: float([20, 3], 0, 1),
    });
    const together = await program.run(feeds);
    const others = drawFeeds({ w: float([models, 8, 3]), batch: int([25, models, 6], 0, 19) }, 77);
    const batch = Int32Array.from(others.batch);
    const w = Float32Array.from(others.w);
    w.set(feeds.w.subarray(2 * 24, 3 * 24), 2 * 24);
    for (let step = 0; step < 25; step++)
      for (let i = 0; i < 6; i++) batch[(step * models + 2) * 6 + i] = feeds.batch[(step * models + 2) * 6 + i];
    const elsewhere = await program.run({ ...feeds, w, batch });
    expect(elsewhere.w.slice(2 * 24, 3 * 24)).toEqual(together.w.slice(2 * 24, 3 * 24));
    expect(elsewhere.w.slice(0, 24)).not.toEqual(together.w.slice(0, 24));
    await program.release();
  });

  it('says what is wrong with a step or with the steps fed', async () => {
    const spec = { carry: { a: f32(2) }, each: { e: f32(2), r: f32() }, shared: {} };
    const scan = (carry: (inputs: Tensors) => Tensors) =>
      failure(() => compileScan((step) => ({ carry: carry(step.carry) }), spec));
    expect(scan(() => ({})).message).toBe('the step does not return the carried "a"');
    expect(scan(({ a }) => ({ a, b: a })).message).toBe('the step carries "b", which is not in `carry`');
    expect(scan(({ a }) => ({ a: tf.sum(a) })).message).toBe(
      'the step takes "a" as float32 [2] and returns it as float32 []',
    );
    expect(failure(() => compileScan(({ carry }) => ({ carry }), { ...spec, each: {} })).code).toBe('SCAN_EMPTY');
    expect(failure(() => compileScan(({ carry }) => ({ carry }), { ...spec, shared: { a: f32(1) } })).code).toBe(
      'SCAN_NAMES',
    );
    expect(failure(() => compileScan(({ carry }) => ({ carry, emit: { a: carry.a } }), spec)).code).toBe('SCAN_NAMES');
    const eager = await tfjsCpuEngine.scan(() => ({ carry: {} }), spec);
    await expect(eager.run({ a: new Float32Array(2), e: new Float32Array(2), r: new Float32Array(1) })).rejects.toThrow(
      'the step does not return the carried "a"',
    );
    for (const engine of [onnxEngine, tfjsCpuEngine]) {
      const program = await engine.scan(({ carry, each }) => ({ carry: { a: tf.add(carry.a, each.e) } }), spec);
      const feeds = { a: new Float32Array(2), e: new Float32Array(6), r: new Float32Array(2) };
      await expect(program.run(feeds)).rejects.toMatchObject({ code: 'FEED_STEPS' });
      await program.release();
    }
  });
});

describe('eager engines', () => {
  it('free every tensor', async () => {
    const program = await tfjsCpuEngine.scan(mlp.body, mlp.spec);
    await program.run(mlpFeeds());
    const before = tf.memory().numTensors;
    await program.run(mlpFeeds());
    expect(tf.memory().numTensors).toBe(before);
  });

  it('say whether tfjs-node is there and how to get it', async () => {
    const status = await tfjsNodeStatus();
    if (status.available) expect((await tfjsEngine()).id).toBe('tfjs-node');
    else {
      expect(status.reason).toContain('@tensorflow/tfjs-node is');
      expect(status.next).toContain('libtensorflow');
      expect((await tfjsEngine()).id).toBe('tfjs-cpu');
    }
  });

  it('run what cannot be compiled', async () => {
    const power = ({ x }: Tensors) => ({ y: tf.square(tf.abs(tf.spectral.rfft(x))) });
    const specs = { x: f32(4) };
    expect(failure(() => compile(power, specs)).code).toBe('COMPILE_UNSUPPORTED');
    const program = await tfjsCpuEngine.program(power, specs);
    const { y } = await program.run({ x: Float32Array.of(1, 0, -1, 0) });
    expect(difference(y, Float32Array.of(0, 4, 0))).toBeLessThan(1e-6);
    expect(program.outputs).toEqual({ y: f32(3) });
  });

  it('say what scans give before they run, as compiled programs do', async () => {
    const body = ({ carry, each }: { carry: Tensors; each: Tensors }) => ({
      carry: { bytes: tf.add(carry.bytes, 1), sum: tf.add(carry.sum, tf.sum(each.x)) },
      emit: { sign: tf.greater(each.x, 0), rank: tf.scalar(2, 'int32'), twice: tf.mul(each.x, 2) },
    });
    const spec = {
      carry: { bytes: { shape: [2], dtype: 'uint8' }, sum: f32() },
      each: { x: f32(3) },
      shared: {},
    } as const;
    const feeds = { bytes: Uint8Array.of(1, 2), sum: Float32Array.of(0), x: Float32Array.of(1, -2, 3, 4, 5, -6) };
    const [compiled, eager] = [await onnxEngine.scan(body, spec), await tfjsCpuEngine.scan(body, spec)];
    expect(eager.outputs).toEqual(compiled.outputs);
    expect(eager.inputs).toEqual(compiled.inputs);
    expect(await eager.run(feeds)).toEqual(await compiled.run(feeds));
    await compiled.release();
  });

  it('check feeds like compiled programs', async () => {
    const program = await tfjsCpuEngine.program(({ x }) => ({ y: tf.exp(x) }), specsOf({ x: float([2]) }));
    await expect(program.run({ x: Float32Array.of(1) })).rejects.toMatchObject({ code: 'FEED_SHAPE' });
  });
});
