import { deriveSeed, type Retrained, type RetrainRequest, sha256 } from '@attribution-bench/contract';
import { hashPackage } from '../methods/code-hash.js';
import { outputOf } from '../plan/step-list.js';
import type { TaskSource } from './job.js';
import { engineOf } from './open-tasks.js';
import { type Workshop, writeOutput } from './workshop.js';

/**
 * Trains what a metric asks for, request by request. The result is stored under the sets themselves, so that methods
 * which ask for the same sets (every method, where points are left out one at a time) and a run that goes on find it.
 */
export async function retrainForMetric(
  requests: readonly RetrainRequest[],
  source: TaskSource,
  workshop: Workshop,
): Promise<Retrained[]> {
  const retrained: Retrained[] = [];
  for (const [done, request] of requests.entries()) {
    const progress = (share: number) => workshop.progress((done + share) / requests.length);
    retrained.push({ ...request, targets: await trainedTargets(request, source, { ...workshop, progress }) });
  }
  return retrained;
}

async function trainedTargets(
  { members, seed }: RetrainRequest,
  source: TaskSource,
  { store, tasks, cancel, progress }: Workshop,
): Promise<Float32Array[]> {
  const output = outputOf('retrain', {
    task: source.key,
    dataset: source.dataset.key,
    engine: (await engineOf(source.engine)).id,
    harness: hashPackage('@attribution-bench/tasks'),
    role: 'metric',
    members: members.map((set) => sha256(new Uint8Array(set.buffer, set.byteOffset, set.byteLength))),
    seed,
  });
  if (await store.isSound(output, Infinity)) {
    const { data, shape } = (await store.read(output)).arrays.outputs;
    return members.map((_, row) => (data as Float32Array).slice(row * shape[1], (row + 1) * shape[1]));
  }
  const task = await tasks.use(source);
  const runSeed = deriveSeed(source.spec.seed, source.key, 'metric', 'retrain', seed);
  const trained = await task.train({ runs: members.map((set) => ({ seed: runSeed, members: set })), cancel, progress });
  const targets = await task.queryTargets(trained.map(({ parameters }) => parameters));
  const { queries } = task.info;
  const data = new Float32Array(members.length * queries);
  for (const [row, values] of targets.entries()) data.set(values, row * queries);
  await writeOutput(store, output, { outputs: { shape: [members.length, queries], data } });
  return targets;
}
