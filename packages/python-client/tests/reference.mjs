// What the bench's own engine makes of an exported task, for the twins in Python to be held to:
//   node reference.mjs GRID TASK EXPORT OUT
// Of checkpoint 0 it writes, as .npy of float32: loss [train], target [queries], logits [train × classes] (classifiers),
// loss-gradients [train × parameters] and target-gradients [queries × parameters].
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { defaultCacheFolder, generateQueries, openTask, prepareData, resolveTask } from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { parse } from 'yaml';

const [grid, id, folder, out] = process.argv.slice(2);
const cancel = { throwIfAborted() {} };

const { seed, tasks } = parse(readFileSync(grid, 'utf8'));
const resolved = resolveTask(
  tasks.find((task) => task.id === id),
  seed,
  dirname(resolve(grid)),
);
if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems));
const { spec } = resolved;
const environment = { cacheFolder: defaultCacheFolder(), log() {} };
const prepared = await prepareData(spec, environment);
const data = await generateQueries(spec, prepared, { engine: onnxEngine, cancel });
const task = await openTask(spec, data, onnxEngine, environment);

const exported = JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8'));
const parameters = flat(exported, readFileSync(join(folder, exported.checkpoints[0].weights)));
const checkpoint = { id: 'exported', run: 0, step: 0, epoch: 0, learningRate: 0, seed: [0, 0, 0, 0], parameters };
const context = task.context({
  checkpoints: [checkpoint],
  trajectory: [],
  scope: [0, 0, 0, 0],
  cancel,
  progress() {},
  log() {},
});

mkdirSync(out, { recursive: true });
const { train, queries, classes, parameters: p } = { ...task.info, parameters: task.info.parameters };
save('loss', [train], await context.outputs({ of: 'train', checkpoint, output: 'loss' }));
const [target] = [await task.queryTargets([parameters])].flat();
save('target', [queries], target);
if (spec.kind === 'classifier') {
  const columns = [];
  for (let c = 0; c < classes; c++) {
    const output = (logits) => tf.squeeze(tf.slice(logits, [0, c], [-1, 1]), [1]);
    columns.push(await context.outputs({ of: 'train', checkpoint, output }));
  }
  const logits = Float32Array.from(
    { length: train * classes },
    (_, i) => columns[i % classes][Math.floor(i / classes)],
  );
  save('logits', [train, classes], logits);
}
save('loss-gradients', [train, p], await rows('train', 'loss', train));
// The target of a generator has noise of its own, which methods are not given: gradients are of the loss there.
if (spec.kind === 'classifier') save('target-gradients', [queries, p], await rows('queries', 'target', queries));
await task.release();

async function rows(of, output, count) {
  const all = new Float32Array(count * p);
  for await (const { start, rows, cols, data } of context.gradients({ of, checkpoint, output })) {
    all.set(data.subarray(0, rows * cols), start * cols);
  }
  return all;
}

/** The flat vector of a safetensors file: parameters and statistics in the order of their offsets. */
function flat({ layers, statistics }, file) {
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString('utf8'));
  const arrays = [...layers.flatMap((layer) => layer.arrays), ...statistics].sort((a, b) => a.offset - b.offset);
  const parts = arrays.map(({ name }) => {
    const [start, end] = header[name].data_offsets;
    return Buffer.from(file.subarray(8 + length + start, 8 + length + end));
  });
  const joined = new Uint8Array(Buffer.concat(parts));
  return new Float32Array(joined.buffer);
}

function save(name, shape, values) {
  const sizes = `${shape.join(', ')}${shape.length === 1 ? ',' : ''}`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  const head = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${dict.padEnd(117)}\n`, 'latin1');
  head.writeUInt16LE(118, 8);
  writeFileSync(
    join(out, `${name}.npy`),
    Buffer.concat([head, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]),
  );
}
