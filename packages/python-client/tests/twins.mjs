// Trains every task of a grid file, writes it as `bench export` does, and beside it what the bench's own engine makes of it,
// for the twins in Python to be held to:
//   node twins.mjs GRID OUT
// OUT/<task>/task is the exported folder. OUT/<task>/reference holds, of its first checkpoint, arrays of float32: loss [train],
// target [queries], loss-gradients [train × parameters]; of classifiers also logits [train × classes] and target-gradients
// [queries × parameters].
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { deriveSeed } from '@attribution-bench/contract';
import { writeTaskFolder } from '@attribution-bench/exchange';
import {
  dataFingerprint,
  defaultCacheFolder,
  generateQueries,
  openTask,
  prepareData,
  resolveTask,
  taskKey,
} from '@attribution-bench/tasks';
import { onnxEngine as engine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { parse } from 'yaml';

const [grid, out] = process.argv.slice(2);
const cancel = { throwIfAborted() {} };
const environment = { cacheFolder: defaultCacheFolder(), log() {} };
const { seed, tasks } = parse(readFileSync(grid, 'utf8'));
for (const raw of tasks) {
  const resolved = resolveTask(raw, seed, dirname(resolve(grid)));
  if (!resolved.ok) throw new Error(`${raw.id}: ${JSON.stringify(resolved.problems)}`);
  await write(resolved.spec, join(out, raw.id));
}

async function write(spec, folder) {
  const data = await generateQueries(spec, await prepareData(spec, environment), { engine, cancel });
  const task = await openTask(spec, data, engine, environment);
  const runSeed = deriveSeed(spec.seed, spec.id, 'twins');
  const [run] = await task.train({ runs: [{ seed: runSeed }], snapshots: 2, cancel });
  const loaded = (index) => {
    const { step, epoch, learningRate, parameters } = run.snapshots[index];
    return { id: `run 0 step ${step}`, run: 0, step, epoch, learningRate, parameters, seed: runSeed };
  };
  const trajectory = run.snapshots.map((_, index) => loaded(index));
  const checkpoint = trajectory[trajectory.length - 1];
  const key = taskKey(spec, await dataFingerprint(spec));
  mkdirSync(folder, { recursive: true });
  const checkpoints = [{ checkpoint, losses: run.losses }];
  await writeTaskFolder(join(folder, 'task'), { spec, key, data, methodSeed: 0, checkpoints, trajectory }, { cancel });
  await writeReference(spec, task, checkpoint, join(folder, 'reference'));
  await task.release();
}

async function writeReference(spec, task, checkpoint, folder) {
  const { train, queries, classes, parameters } = task.info;
  const scope = checkpoint.seed;
  const context = task.context({
    checkpoints: [checkpoint],
    trajectory: [],
    scope,
    cancel,
    progress() {},
    log() {},
  });
  const gradients = async (of, output, points) => {
    const all = new Float32Array(points * parameters);
    for await (const { start, rows, cols, data } of context.gradients({ of, checkpoint, output })) {
      all.set(data.subarray(0, rows * cols), start * cols);
    }
    return all;
  };
  mkdirSync(folder);
  save(folder, 'loss', [train], await context.outputs({ of: 'train', checkpoint, output: 'loss' }));
  save(folder, 'target', [queries], (await task.queryTargets([checkpoint.parameters]))[0]);
  save(folder, 'loss-gradients', [train, parameters], await gradients('train', 'loss', train));
  // The target of a generator has noise of its own, which methods are not given.
  if (spec.kind === 'generator') return;
  save(folder, 'target-gradients', [queries, parameters], await gradients('queries', 'target', queries));
  const columns = [];
  for (let c = 0; c < classes; c++) {
    const output = (logits) => tf.squeeze(tf.slice(logits, [0, c], [-1, 1]), [1]);
    columns.push(await context.outputs({ of: 'train', checkpoint, output }));
  }
  const logits = Float32Array.from(
    { length: train * classes },
    (_, i) => columns[i % classes][Math.floor(i / classes)],
  );
  save(folder, 'logits', [train, classes], logits);
}

/** A .npy file of version 1.0. */
function save(folder, name, shape, values) {
  const sizes = `${shape.join(', ')}${shape.length === 1 ? ',' : ''}`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  const head = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${dict.padEnd(117)}\n`, 'latin1');
  head.writeUInt16LE(118, 8);
  const body = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  writeFileSync(join(folder, `${name}.npy`), Buffer.concat([head, body]));
}
