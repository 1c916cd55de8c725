import { BenchError, type TaskInfo } from '@attribution-bench/contract';
import { type AboutForeignTruth, type ForeignTruth, readForeignTruth, runsOf } from '@attribution-bench/exchange';
import type { ArtifactOutput, Store } from '@attribution-bench/store';
import { readArtifact, writeArtifact } from '../artifacts/codec.js';
import { foreignArtifact } from '../artifacts/foreign-truth.js';
import type { ForeignTask } from '../model/grid.js';
import type { ForeignSource } from '../model/job.js';
import type { StepDraft } from '../model/step.js';
import { foreignOutput, foreignTruthStep, planForeignTruth } from '../steps/kinds/foreign-truth.js';

/** A task of which only the truth is known, once that is stored. */
export interface PreparedForeign {
  readonly task: ForeignTask;
  readonly info: TaskInfo;
  /** Of the task and of its truth, which is all that is known of it. */
  readonly key: string;
  readonly source: ForeignSource;
  readonly step: StepDraft;
  readonly foreign: { readonly about: AboutForeignTruth; readonly subsets: number; readonly runs: number };
}

/**
 * Sees to it that a published truth is stored, and reads what planning needs of it.
 * @throws BenchError FOREIGN_MISSING, FOREIGN_INVALID, NPY_INVALID
 */
export async function prepareForeign(task: ForeignTask, store: Store): Promise<PreparedForeign> {
  const { id, seed, foreign } = task;
  const { truth, output } =
    'folder' in foreign ? await keepForeign(foreign.folder, store) : await findForeign(foreign.key, store);
  const { about, train, queries, members } = truth;
  const { key } = output;
  const info: TaskInfo = {
    id,
    kind: 'foreign',
    target: about.target,
    train: train.count,
    queries: queries.count,
    parameters: 0,
    layers: [],
    inputShape: [],
    classes: 0,
    diffusionSteps: 0,
    epochs: 0,
    batch: 0,
    optimizer: '',
  };
  return {
    task,
    key,
    info,
    source: { id, seed, key, info, truth: output },
    step: planForeignTruth(task, output),
    foreign: { about, subsets: members.length, runs: runsOf(truth) },
  };
}

/** Puts a published truth into a store, unless it is there. @throws BenchError as {@link prepareForeign} */
export async function keepForeign(
  folder: string,
  store: Store,
): Promise<{ readonly truth: ForeignTruth; readonly output: ArtifactOutput }> {
  const truth = await readForeignTruth(folder);
  const output = foreignOutput(truth);
  if (!(await store.isSound(output, Number.POSITIVE_INFINITY)))
    await writeArtifact(store, output, foreignArtifact, truth);
  return { truth, output };
}

/** A truth that was imported, by its key or the beginning of that. */
async function findForeign(
  name: string,
  store: Store,
): Promise<{ readonly truth: ForeignTruth; readonly output: ArtifactOutput }> {
  const found: string[] = [];
  for await (const { key } of store.list(foreignTruthStep.kind)) if (key.startsWith(name)) found.push(key);
  const [key] = found;
  if (found.length !== 1)
    throw new BenchError({
      code: 'FOREIGN_MISSING',
      place: name,
      message: found.length === 0 ? 'is no published truth of this results folder' : `begins ${found.length} keys`,
      next: found.length === 0 ? 'import it: bench truth import --foreign FOLDER' : 'say more of the key',
    });
  const truth = await readArtifact(store, { kind: foreignTruthStep.kind, key }, foreignArtifact);
  return { truth, output: foreignOutput(truth) };
}
