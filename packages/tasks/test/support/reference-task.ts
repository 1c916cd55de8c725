import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { openTask, type Task } from '../../src/index.js';
import { readFloats, readLabels } from './npy.js';
import { specOf } from './tasks.js';
import { fromTorchOrder } from './torch-order.js';

const units = [32, 10];

/** The 64-32-10 network of the fixtures on the points of one of them, and its weights. */
export async function referenceTask(
  fixture: string,
  target = 'margin',
): Promise<{ task: Task; parameters: Float32Array; ours(rows: ArrayLike<number>): Float32Array }> {
  const spec = specOf({ data: 'digits', model: { use: 'mlp', hidden: [32] }, target });
  const labels = readLabels(`${fixture}/y_train`);
  const queryLabels = readLabels(`${fixture}/y_test`);
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `row/${i}`);
  const task = await openTask(
    spec,
    {
      inputs: readFloats(`${fixture}/x_train`),
      labels,
      flipped: new Uint8Array(labels.length),
      queryInputs: readFloats(`${fixture}/x_test`),
      queryLabels,
      inputShape: [64],
      classes: 10,
      ids: ids(labels.length),
      queryIds: ids(queryLabels.length),
    },
    onnxEngine,
  );
  const ours = (rows: ArrayLike<number>) => fromTorchOrder(rows, task.info.layers, units);
  const parts = ['fc1_weight', 'fc1_bias', 'fc2_weight', 'fc2_bias'];
  const weights = parts.flatMap((part) => [...readFloats(`influence-mlp/ckpt0_${part}`)]);
  return { task, parameters: ours(weights), ours };
}
