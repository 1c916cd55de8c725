import { deriveSeed, narrowContext } from '@attribution-bench/contract';
import type { Figure } from './figures.js';
import { ownMethod } from './own-method.js';
import { contextOf, neverCancelled, openMeasured } from './tasks.js';

const orders = ['first', 'second'];
const queryCounts = [1, 10, 20, 100];

/** The perceptron of digits.yaml, as long as there and so long that compiling no longer counts; and a larger one. */
const runs = [
  { model: 'mlp 64-32-10', data: { use: 'digits', train: 900 }, hidden: [32], epochs: 20, lr: 0.1, turns: 12 },
  { model: 'mlp 64-32-10', data: { use: 'digits', train: 900 }, hidden: [32], epochs: 300, lr: 0.1, turns: 4 },
  {
    model: 'mlp 784-128-10',
    data: { use: 'synthetic', train: 1024, classes: 10, dims: 784 },
    hidden: [128],
    epochs: 60,
    lr: 0.01,
    turns: 4,
  },
] as const;

/**
 * What scoring inside training costs: processor time of In-Run Data Shapley, which trains, over that of the plain run, by
 * number of queries. The two take turns, each compiles its graph, and the fastest of each counts.
 */
export async function measureReplay(): Promise<Figure[]> {
  const inRunShapley = await ownMethod('in-run-shapley');
  const figures: Figure[] = [];
  for (const { model, data, hidden, epochs, lr, turns } of runs) {
    for (const queries of queryCounts) {
      const raw = {
        id: 'replay',
        data: { ...data, queries },
        model: { use: 'mlp', hidden, epochs, batch: 64, lr, weightDecay: 0.001 },
      };
      const plain = async () => {
        const task = await openMeasured(raw);
        const run = { seed: deriveSeed(1, 'perf', 'checkpoint', 0) };
        const seconds = await processorSecondsOf(() => task.train({ runs: [run], cancel: neverCancelled }));
        await task.release();
        return seconds;
      };
      const scoring = async (order: string) => {
        const task = await openMeasured(raw);
        const context = narrowContext(await contextOf(task), inRunShapley.needs);
        const seconds = await processorSecondsOf(() => inRunShapley.score(context, { order }, {}, {}));
        await task.release();
        return seconds;
      };
      let fastestPlain = Number.POSITIVE_INFINITY;
      const fastest = orders.map(() => Number.POSITIVE_INFINITY);
      for (let turn = 0; turn < turns; turn++) {
        fastestPlain = Math.min(fastestPlain, await plain());
        for (const [i, order] of orders.entries()) fastest[i] = Math.min(fastest[i], await scoring(order));
      }
      for (const [i, order] of orders.entries()) {
        const settings = { model, epochs, queries, order };
        figures.push({ what: 'in-run scoring', settings, value: fastest[i] / fastestPlain, unit: 'plain runs' });
      }
    }
  }
  return figures;
}

async function processorSecondsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
