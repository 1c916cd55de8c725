import { availableParallelism } from 'node:os';
import { deriveSeed } from '@attribution-bench/contract';
import { openTask, type Task } from '@attribution-bench/tasks';
import { onnxEngineOn } from '@attribution-bench/tfjs-onnx';
import type { ComparedName } from './beside/names.js';
import { comparedNetworks } from './beside/networks.js';
import { medianOf } from './beside/ratios.js';
import { type Figure, millisecondsOf } from './figures.js';
import { neverCancelled } from './tasks.js';

const large: readonly ComparedName[] = ['resnet9-plain', 'resnet9-group-norm', 'unet-32-64-64'];
const rounds = 5;

/**
 * Training of large models on one, two, four and eight threads, as many as there are cores, in turn: samples per second by the
 * clock, medians of several rounds, and how much processor time they take. For a machine that does nothing else.
 */
export async function measureThreads(): Promise<Figure[]> {
  const counts = [1, 2, 4, 8].filter((count) => count <= availableParallelism());
  const figures: Figure[] = [];
  for (const name of large) figures.push(...(await figuresOf(name, counts)));
  return figures;
}

async function figuresOf(name: ComparedName, counts: readonly number[]): Promise<Figure[]> {
  const { spec, data } = await comparedNetworks[name].prepare();
  const runs = [{ seed: deriveSeed(1, 'perf', 'checkpoint', 0) }];
  const train = (task: Task) => task.train({ runs, cancel: neverCancelled });
  const measured = await Promise.all(
    counts.map(async (threads) => {
      const engine = onnxEngineOn(() => threads);
      return { threads, task: await openTask(spec, data, engine), clock: [] as number[], processor: [] as number[] };
    }),
  );
  for (const { task } of measured) await train(task); // compiles the graph
  for (let round = 0; round < rounds; round++) {
    for (const { task, clock, processor } of measured) {
      const start = performance.now();
      processor.push((await millisecondsOf(() => train(task))) / 1000);
      clock.push((performance.now() - start) / 1000);
    }
  }
  for (const { task } of measured) await task.release();
  const { train: points, epochs } = measured[0].task.info;
  return measured.flatMap(({ threads, clock, processor }): Figure[] => {
    const settings = { model: name, threads };
    return [
      { what: 'training by the clock', settings, value: (points * epochs) / medianOf(clock), unit: 'samples/s' },
      { what: 'processor time', settings, value: medianOf(processor), unit: 's' },
    ];
  });
}
