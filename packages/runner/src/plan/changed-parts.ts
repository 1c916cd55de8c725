import type { Json } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';

type Made = ArtifactOutput['made'];

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
