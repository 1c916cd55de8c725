import { type Output, type OutputFunction, sizeOf } from '@attribution-bench/contract';
import type { TaskData } from '../data/task-data.js';
import { declareNetwork } from '../nn/interpreters/declare.js';
import { networkOf, partOf } from '../parts.js';
import type { Pass, Subject } from '../passes/pass.js';
import { paddedRows } from '../passes/row-ranges.js';
import type { TaskSpec } from '../spec.js';
import type { References } from './references.js';

/** The network and points of a classifier or regressor: each point is one row, compared with its reference. */
export function supervisedSubject(spec: TaskSpec, data: TaskData, { width, values, loss }: References): Subject {
  const { inputShape } = data;
  const network = networkOf(spec.model, { inputShape, outputs: width });
  const dims = sizeOf(inputShape);
  const { output: target } = partOf('target', spec.target);
  const explained: OutputFunction = (prediction, reference) => target(prediction, reference, loss);
  const sets = {
    train: { inputs: data.inputs, labels: values.train, count: data.labels.length },
    queries: { inputs: data.queryInputs, labels: values.queries, count: data.queryLabels.length },
  };
  const pass: Pass = {
    positions: 1,
    specs: (samples) => ({
      x: { shape: [samples, ...inputShape], dtype: 'float32' },
      labels: { shape: [samples, width], dtype: 'float32' },
    }),
    inputs: (feeds) => ({ x: feeds.x, reference: feeds.labels }),
    feeds: (of, start, count, samples) => ({
      x: paddedRows(sets[of].inputs, dims, start, count, samples),
      labels: paddedRows(sets[of].labels, width, start, count, samples),
    }),
  };
  return {
    network,
    architecture: declareNetwork(network, inputShape),
    count: (of) => sets[of].count,
    pass: () => pass,
    outputFunction: (output: Output): OutputFunction =>
      output === 'loss' ? loss : output === 'target' ? explained : output,
  };
}
