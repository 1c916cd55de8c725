import { join } from 'node:path';
import { type Json, sha256 } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import { readNote, writeNote } from '@attribution-bench/store';
import type { PlannedStep } from '../model/step.js';

type Made = ArtifactOutput['made'];

/** Notes what the newest result for a place in the grid was made from, so that a plan can say what changed since. */
export async function writeLatest(storeFolder: string, step: Pick<PlannedStep, 'place' | 'outputs'>): Promise<void> {
  await writeNote(fileOf(storeFolder, step.place), step.place, step.outputs[0].made);
}

/** What the newest result for a place was made from; undefined when there was none or the note is damaged. */
export async function readLatest(storeFolder: string, place: string): Promise<Made | undefined> {
  return (await readNote(fileOf(storeFolder, place), place)) as Made | undefined;
}

const names: Readonly<Record<string, string>> = {
  schema: 'the way keys are made',
  task: 'the task',
  data: 'the data',
  id: 'the name of the task',
  fingerprint: 'the data files',
  engine: 'the engine',
  harness: 'the code of tasks or engine',
  code: 'its code',
  revision: 'its revision',
  params: 'its parameters',
  fraction: 'the subset fraction',
  stratified: 'how subsets are drawn',
  subsets: 'the number of subsets',
  retrainSeeds: 'the number of retraining seeds',
  tune: 'the split',
  report: 'the split',
};

/** The parts in which two results for one place differ, in words; empty when only what they rest on does. */
export function changedParts(before: Made, now: Made): string[] {
  const parts = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const changed = parts.filter((part) => JSON.stringify(before[part] as Json) !== JSON.stringify(now[part] as Json));
  return [...new Set(changed.flatMap((part) => names[part] ?? []))];
}

function fileOf(storeFolder: string, place: string): string {
  const key = sha256(place);
  return join(storeFolder, 'latest', key.slice(0, 2), `${key}.json`);
}
