import type { ArtifactRef, Store } from '@attribution-bench/store';
import PQueue from 'p-queue';
import type { PlannedStep } from '../model/step.js';

type Made = Pick<PlannedStep, 'outputs'>;

const checksAtOnce = 32;
/** From so many results of a kind on they are listed, which costs as little as a look at a few. */
const manyResults = 256;

/** Whether there is something in the place of each result of a step, whatever it is. @throws BenchError STORE_READ */
export async function isStored(store: Pick<Store, 'has'>, { outputs }: Made): Promise<boolean> {
  for (const output of outputs) if (!(await store.has(output))) return false;
  return true;
}

/** The steps of many that are not {@link isStored}. @throws BenchError STORE_READ */
export async function unstored<Step extends Made>(store: Store, steps: readonly Step[]): Promise<Step[]> {
  const counts = new Map<string, number>();
  for (const { outputs } of steps) for (const { kind } of outputs) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const listed = new Map<string, ReadonlySet<string>>();
  for (const [kind, count] of counts) if (count >= manyResults) listed.set(kind, await store.keysOf(kind));
  const has = async (ref: ArtifactRef): Promise<boolean> => listed.get(ref.kind)?.has(ref.key) ?? store.has(ref);
  const missing: Step[] = [];
  const checks = new PQueue({ concurrency: checksAtOnce });
  await checks.addAll(steps.map((step) => async () => (await isStored({ has }, step)) || missing.push(step)));
  return missing;
}
