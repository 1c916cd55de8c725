// Training throughput of compiled scans: node packages/tfjs-onnx/perf/training.mjs [case ...] [--profile]
// Prints CPU time (this thread computes alone), which other work on the machine disturbs less than wall time.
import { readFileSync } from 'node:fs';
import { compileScan, openGraph } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';

const f32 = (...shape) => ({ shape, dtype: 'float32' });
const i32 = (...shape) => ({ shape, dtype: 'int32' });

function noise(size, scale, seed = 1) {
  let state = seed >>> 0 || 1;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}

/** An MLP of the given widths, `models` of them side by side (1: without the leading axis). */
function mlp({ widths, models, batch, steps, rows }) {
  const lead = models > 1 ? [models] : [];
  const carry = {};
  for (let layer = 0; layer + 1 < widths.length; layer++) {
    for (const slot of ['', 'v']) {
      carry[`${slot}w${layer}`] = f32(...lead, widths[layer], widths[layer + 1]);
      carry[`${slot}b${layer}`] = f32(...lead, ...(models > 1 ? [1] : []), widths[layer + 1]);
    }
  }
  const names = Object.keys(carry).filter((name) => !name.startsWith('v'));
  const classes = widths.at(-1);
  const spec = {
    carry,
    each: { batch: i32(...lead, batch), rate: f32() },
    shared: { images: f32(rows, widths[0]), labels: f32(rows, classes) },
  };
  const body = ({ carry, each, shared }) => {
    const x = tf.gather(shared.images, each.batch);
    const y = tf.gather(shared.labels, each.batch);
    const gradients = tf.grads((...given) => {
      const p = Object.fromEntries(names.map((name, i) => [name, given[i]]));
      let h = x;
      for (let layer = 0; layer + 1 < widths.length; layer++) {
        h = tf.add(tf.matMul(h, p[`w${layer}`]), p[`b${layer}`]);
        if (layer + 2 < widths.length) h = tf.relu(h);
      }
      return tf.neg(tf.sum(tf.mul(y, tf.logSoftmax(h)))).div(batch);
    })(names.map((name) => carry[name]));
    const next = {};
    names.forEach((name, i) => {
      next[`v${name}`] = tf.add(tf.mul(carry[`v${name}`], 0.9), gradients[i]);
      next[name] = tf.sub(carry[name], tf.mul(each.rate, next[`v${name}`]));
    });
    return { carry: next };
  };
  const feeds = { images: noise(rows * widths[0], 1, 7), labels: new Float32Array(rows * classes) };
  for (let i = 0; i < rows; i++) feeds.labels[i * classes + (i % classes)] = 1;
  for (const [name, { shape }] of Object.entries(carry)) {
    const size = shape.reduce((a, b) => a * b, 1);
    feeds[name] = name.startsWith('w') ? noise(size, 1 / Math.sqrt(shape.at(-2)), 3) : new Float32Array(size);
  }
  const picks = noise(steps * models * batch, 0.5, 11);
  feeds.batch = Int32Array.from(picks, (u) => Math.min(rows - 1, Math.floor((u + 0.5) * rows)));
  feeds.rate = new Float32Array(steps).fill(0.05);
  return { spec, body, feeds, samples: steps * batch * models };
}

/** SGD with momentum on the mean cross-entropy of `logits(parameters, images)`. */
function classifier({ parameters, logits, imageShape, batch, steps, rows }) {
  const names = Object.keys(parameters);
  const carry = Object.fromEntries(
    names.flatMap((name) => [
      [name, f32(...parameters[name])],
      [`v:${name}`, f32(...parameters[name])],
    ]),
  );
  const spec = {
    carry,
    each: { batch: i32(batch), rate: f32() },
    shared: { images: f32(rows, ...imageShape), labels: f32(rows, 10) },
  };
  const body = ({ carry, each, shared }) => {
    const x = tf.gather(shared.images, each.batch);
    const y = tf.gather(shared.labels, each.batch);
    const gradients = tf.grads((...given) =>
      tf
        .neg(tf.sum(tf.mul(y, tf.logSoftmax(logits(Object.fromEntries(names.map((name, i) => [name, given[i]])), x)))))
        .div(batch),
    )(names.map((name) => carry[name]));
    const next = {};
    names.forEach((name, i) => {
      next[`v:${name}`] = tf.add(tf.mul(carry[`v:${name}`], 0.9), gradients[i]);
      next[name] = tf.sub(carry[name], tf.mul(each.rate, next[`v:${name}`]));
    });
    return { carry: next };
  };
  const size = (shape) => shape.reduce((a, b) => a * b, 1);
  const feeds = {
    images: noise(rows * size(imageShape), 1, 7),
    labels: new Float32Array(rows * 10),
    rate: new Float32Array(steps).fill(0.01),
  };
  for (let i = 0; i < rows; i++) feeds.labels[i * 10 + (i % 10)] = 1;
  for (const name of names) {
    const shape = parameters[name];
    feeds[name] =
      shape.length > 1 ? noise(size(shape), 1 / Math.sqrt(size(shape.slice(0, -1))), 3) : new Float32Array(size(shape));
    feeds[`v:${name}`] = new Float32Array(size(shape));
  }
  feeds.batch = Int32Array.from(noise(steps * batch, 0.5, 11), (u) => Math.min(rows - 1, Math.floor((u + 0.5) * rows)));
  return { models: 1, spec, body, feeds, samples: steps * batch };
}

const cnn = (pool) =>
  classifier({
    parameters: { w1: [3, 3, 1, 16], b1: [16], w2: [3, 3, 16, 32], b2: [32], w3: [7 * 7 * 32, 10], b3: [10] },
    logits: (p, x) => {
      const first = pool(tf.relu(tf.add(tf.conv2d(x, p.w1, 1, 'same'), p.b1)), 2, 2, 'valid');
      const second = pool(tf.relu(tf.add(tf.conv2d(first, p.w2, 1, 'same'), p.b2)), 2, 2, 'valid');
      return tf.add(tf.matMul(tf.reshape(second, [-1, 7 * 7 * 32]), p.w3), p.b3);
    },
    imageShape: [28, 28, 1],
    batch: 64,
    steps: 30,
    rows: 1000,
  });

/** Two 3 × 3 convolutions of one width between pooled ones, as ResNet-9 has them. */
const wide = (channels, size) =>
  classifier({
    parameters: {
      w1: [3, 3, channels, channels],
      b1: [channels],
      w2: [3, 3, channels, channels],
      b2: [channels],
      w3: [channels, 10],
    },
    logits: (p, x) => {
      const h = tf.relu(tf.add(tf.conv2d(x, p.w1, 1, 'same'), p.b1));
      const k = tf.relu(tf.add(tf.conv2d(h, p.w2, 1, 'same'), p.b2));
      return tf.matMul(tf.mean(k, [1, 2]), p.w3);
    },
    imageShape: [size, size, channels],
    batch: 64,
    steps: 3,
    rows: 100,
  });

const cases = {
  'cnn 16-32, average pooling': cnn(tf.avgPool),
  'cnn 16-32, max pooling': cnn(tf.maxPool),
  'wide 64 at 32x32': wide(64, 32),
  'wide 128 at 16x16': wide(128, 16),
  'wide 256 at 8x8': wide(256, 8),
  'mlp 64-32-10, one model': {
    models: 1,
    ...mlp({ widths: [64, 32, 10], models: 1, batch: 64, steps: 300, rows: 900 }),
  },
  'mlp 64-32-10, 16 in one graph': {
    models: 16,
    ...mlp({ widths: [64, 32, 10], models: 16, batch: 64, steps: 300, rows: 900 }),
  },
  'mlp 784-128-10': { models: 1, ...mlp({ widths: [784, 128, 10], models: 1, batch: 64, steps: 300, rows: 6000 }) },
};

const chosen = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const profiling = process.argv.includes('--profile');
for (const [name, { spec, body, feeds, samples, models }] of Object.entries(cases)) {
  if (chosen.length > 0 && !chosen.some((word) => name.includes(word))) continue;
  const traced = performance.now();
  const graph = compileScan(body, spec);
  const opened = performance.now();
  const program = await openGraph(graph, profiling ? { profile: '/tmp/ort-profile' } : {});
  const ready = performance.now();
  await program.run(feeds);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < (profiling ? 1 : 5); i++) {
    const start = process.cpuUsage();
    await program.run(feeds);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1e6);
  }
  await program.release();
  console.log(
    `${name}: ${((1e3 * best) / models).toFixed(2)} ms a model, ${Math.round(samples / best)} samples/s ` +
      `(trace ${(opened - traced).toFixed(0)} ms, open ${(ready - opened).toFixed(0)} ms, ${graph.onnx.length} bytes)`,
  );
}

if (profiling) {
  const { readdirSync } = await import('node:fs');
  const file = readdirSync('/tmp')
    .filter((name) => name.startsWith('ort-profile'))
    .sort()
    .at(-1);
  const events = JSON.parse(readFileSync(`/tmp/${file}`, 'utf8')).filter(({ cat }) => cat === 'Node');
  const totals = new Map();
  for (const { name, dur, args } of events) {
    if (!name.endsWith('_kernel_time')) continue;
    const key = `${args.op_name} ${JSON.stringify((args.output_type_shape ?? []).map((o) => Object.values(o)[0]))} ${name.slice(0, 30)}`;
    totals.set(key, (totals.get(key) ?? 0) + dur);
  }
  for (const [key, total] of [...totals].sort((a, b) => b[1] - a[1]).slice(0, 40)) console.log(total, key);
}
