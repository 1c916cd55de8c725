import type { Json } from '@attribution-bench/contract';
import type { ArtifactOutput, CodeParts } from '@attribution-bench/store';

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
  by: 'how subsets are drawn',
  balanced: 'how subsets are drawn',
  seeds: 'whether seeds are kept',
  subsets: 'the number of subsets',
  retrainSeeds: 'the number of retraining seeds',
  tune: 'the split',
  report: 'the split',
};

/** Parts that are hashes of code. */
const hashesOfCode: readonly string[] = ['harness', 'code'];
/** Modules that are named before the rest is only counted. */
const namedModules = 3;

/**
 * The parts in which two results for one place differ, in words; empty when only what they rest on does.
 * @param readCode what the code of a hash consists of, where that is known: its changed modules are then named
 */
export async function changedParts(
  before: Made,
  now: Made,
  readCode: (hash: string) => Promise<CodeParts | undefined>,
): Promise<string[]> {
  const parts = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const changed = parts.filter((part) => JSON.stringify(before[part] as Json) !== JSON.stringify(now[part] as Json));
  const words: string[] = [];
  for (const part of changed) {
    const [earlier, later] = [before[part], now[part]];
    const isCode = hashesOfCode.includes(part) && typeof earlier === 'string' && typeof later === 'string';
    const modules = isCode ? changedModules(await readCode(earlier), await readCode(later)) : undefined;
    words.push(...(modules ?? (names[part] === undefined ? [] : [names[part]])));
  }
  return [...new Set(words)];
}

/** Undefined where it is not known of both what they consist of. */
function changedModules(before: CodeParts | undefined, now: CodeParts | undefined): string[] | undefined {
  if (before === undefined || now === undefined) return undefined;
  const all = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  const changed = all.filter((name) => before[name] !== now[name]);
  const more = changed.length - namedModules;
  return more > 1 ? [...changed.slice(0, namedModules), `${more} more modules`] : changed;
}
