import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { openLocalExecutor } from '../src/executors/local/local-executor.js';
import type { OpenExecutor } from '../src/index.js';
import { temporaryFolder } from './support/folder.js';
import { artifacts, grid, plan, run } from './support/run.js';

const large = `schema: bench/grid@1
name: large
seed: 7
tasks:
  - id: wide
    data: { use: digits, train: 400, queries: 4 }
    model: { use: mlp, hidden: [1024, 1024], epochs: 1, batch: 400, lr: 0.01 }
truth: { subsets: 2, retrainSeeds: 1 }
metrics: [lds]
methods: [random]
`;

it.runIf(process.arch === 'x64' && availableParallelism() > 1)(
  'a step that is alone computes on several threads, and stores the same bytes',
  async () => {
    const allowed: number[] = [];
    const listening: OpenExecutor = async (context) => {
      const executor = await openLocalExecutor(context);
      return {
        ...executor,
        allow(threads) {
          allowed.push(threads);
          executor.allow?.(threads);
        },
      };
    };
    const of = await grid(large);
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    const { outcome } = await run(await plan(of, two), { jobs: 2, executor: listening });
    expect(outcome.failedCells).toEqual([]);
    expect(new Set(allowed)).toEqual(new Set([1, 2]));
    await run(await plan(of, one), { jobs: 1 });
    expect(artifacts(two)).toEqual(artifacts(one));
  },
);
