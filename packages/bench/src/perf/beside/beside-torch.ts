import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveSeed } from '@attribution-bench/contract';
import { writeTaskFolder } from '@attribution-bench/exchange';
import { type LoadedCheckpoint, portableTask, type Task } from '@attribution-bench/tasks';
import { secondsOf } from '../figures.js';
import { neverCancelled, openPrepared } from '../tasks.js';
import type { ComparedName } from './names.js';
import { type ComparedNetwork, comparedNetworks } from './networks.js';
import { startTorch, type TorchProgram } from './torch-program.js';
import { type TwinDifferences, twinDifferences } from './twin-differences.js';

/** One network, trained here and in PyTorch. */
export interface Comparison {
  readonly network: ComparedName;
  readonly parameters: number;
  readonly batch: number;
  readonly unit: ComparedNetwork['unit'];
  /** How many models one graph trains here. */
  readonly models: number;
  /** Of each round. */
  readonly ours: readonly number[];
  /** Of each way to train in PyTorch, of each round. */
  readonly torch: Readonly<Record<string, readonly number[]>>;
  readonly differences: TwinDifferences;
  readonly versions: Readonly<Record<string, string>>;
}

const enoughSeconds = 0.7;
/** Of those that methods see, two in the middle. */
const comparedTimesteps = [4, 6] as const;

/**
 * Trains one network here and in PyTorch in turn, on one thread each, after it has made sure that both train the same.
 * Values are of processor time.
 * @throws BenchError TWIN_DIFFERS, PERF_FAILED
 */
export async function besideTorch(name: ComparedName, python: string, rounds: number): Promise<Comparison> {
  const network = comparedNetworks[name];
  const prepared = await network.prepare();
  const task = await openPrepared(prepared);
  const folder = mkdtempSync(join(tmpdir(), 'bench-perf-'));
  let torch: TorchProgram | undefined;
  try {
    const seed = deriveSeed(1, 'perf', 'checkpoint', 0);
    const [run] = await task.train({ runs: [{ seed }], snapshots: 1, cancel: neverCancelled });
    const [{ parameters, ...place }] = run.snapshots;
    const checkpoint: LoadedCheckpoint = { ...place, parameters, id: 'run 0', run: 0, seed };
    const checkpoints = [{ checkpoint, losses: run.losses }];
    const written = { ...prepared, key: name, methodSeed: 0, checkpoints, trajectory: [checkpoint] };
    const [exported, numbers] = [join(folder, 'task'), join(folder, 'numbers')];
    await writeTaskFolder(exported, written, { cancel: neverCancelled });
    mkdirSync(numbers);
    const portable = portableTask(prepared.spec, prepared.data);
    const timesteps = portable.diffusion?.method.timesteps.slice(...comparedTimesteps) ?? [];
    torch = await startTorch({ python, task: exported, write: numbers, timesteps, stacked: network.stacked });
    const { versions, ways } = torch.greeting;
    const trained = { task, checkpoint, start: portable.run(seed).initial, timesteps };
    const differences = await twinDifferences(name, numbers, trained, Object.keys(ways));
    const ours: number[] = [];
    const theirs: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
    const { epochs, batch, train } = task.info;
    const perModel = network.unit === 'samples/s' ? train * epochs : 1;
    for (let round = 0; round < rounds; round++) {
      ours.push((network.models * perModel) / (await secondsOf(() => trainOurs(task, network))));
      for (const [way, models] of Object.entries(ways))
        theirs[way].push((models * perModel) / (await torch.measure(way, enoughSeconds)));
    }
    const models = network.models === 1 ? 1 : task.stack;
    const { unit } = network;
    const { parameters: size } = task.info;
    return { network: name, parameters: size, batch, unit, models, ours, torch: theirs, differences, versions };
  } finally {
    await torch?.end();
    await task.release();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Several models are trained on subsets, which are all points here, as many at once as one graph holds. */
export function trainOurs(task: Task, { models }: Pick<ComparedNetwork, 'models'>): Promise<unknown> {
  const seedOf = (run: number) => deriveSeed(1, 'perf', 'checkpoint', run);
  const members = Int32Array.from({ length: task.info.train }, (_, row) => row);
  const runs = Array.from({ length: models }, (_, run) => ({ seed: seedOf(run), ...(models > 1 && { members }) }));
  return task.train({ runs, cancel: neverCancelled });
}
