import { canonicalJson } from '@attribution-bench/contract';
import type { ArtifactOutput, Store } from '@attribution-bench/store';
import type { PlannedStep, StepDraft, StepStatus } from '../model/step.js';
import { changedParts } from './changed-parts.js';
import type { StepList } from './step-list.js';

/**
 * Finds out which results are stored, by listing, and marks what has to be done for the wanted steps: those whose results
 * reports read. Nothing stored is read: damage is found by who reads a result.
 * @param forced ids of steps to do again even when stored
 * @returns the steps, and the keys of all results that are stored
 */
export async function settle(
  steps: StepList,
  store: Store,
  wanted: ReadonlySet<string>,
  forced: ReadonlySet<string>,
): Promise<{ readonly steps: readonly PlannedStep[]; readonly stored: ReadonlySet<string> }> {
  const outputs = [...steps.values()].flatMap((step) => step.outputs);
  const kinds = new Set(outputs.map(({ kind }) => kind));
  const stored = await storedKeys(outputs, kinds, store);
  const isNoted = await store.notedPlaces(kinds);
  const settled = new Map<string, Settled>();
  const read = new Map<string, ReturnType<CodeReading>>();
  const readCode: CodeReading = (hash) => {
    const parts = read.get(hash) ?? store.readCode(hash);
    read.set(hash, parts);
    return parts;
  };
  for (const [id, draft] of steps) {
    if (forced.has(id)) settled.set(id, { status: 'stale', reason: 'forced' });
    else if (draft.outputs.every(({ key }) => stored.has(key))) settled.set(id, { status: 'cached' });
    else if (isNoted(placeOf(draft))) settled.set(id, await unstored(draft, store, readCode, settled));
  }
  const needed = new Set<string>();
  const need = (id: string): void => {
    if (needed.has(id) || settled.get(id)?.status === 'cached') return;
    needed.add(id);
    for (const other of steps.get(id)?.needs ?? []) need(other);
  };
  for (const id of wanted) need(id);
  const planned = [...steps].map(([id, draft]) => ({
    ...draft,
    ...(settled.get(id) ?? { status: 'missing' as const }),
    place: placeOf(draft),
    needed: needed.has(id),
    reported: wanted.has(id),
  }));
  return { steps: planned, stored };
}

/** What the code of a hash consists of, where that is known. */
type CodeReading = Store['readCode'];

interface Settled {
  readonly status: StepStatus;
  readonly reason?: string;
}

/** Keys of the results that are stored. */
async function storedKeys(
  outputs: readonly ArtifactOutput[],
  kinds: Iterable<string>,
  store: Store,
): Promise<ReadonlySet<string>> {
  const listed = new Map<string, ReadonlySet<string>>();
  for (const kind of kinds) listed.set(kind, await store.keysOf(kind));
  return new Set(outputs.filter(({ kind, key }) => listed.get(kind)?.has(key)).map(({ key }) => key));
}

/** Whether a step that has no stored result ever had one, and what has changed since. */
async function unstored(
  draft: StepDraft,
  store: Store,
  readCode: CodeReading,
  settled: ReadonlyMap<string, Settled>,
): Promise<Settled> {
  const before = await store.readLatest(draft.outputs[0].kind, placeOf(draft));
  const reason = before === undefined ? undefined : await reasonOf(before, draft, readCode, settled);
  return reason === undefined ? { status: 'missing' } : { status: 'stale', reason };
}

function placeOf({ kind, task, place }: StepDraft): string {
  return canonicalJson([kind, task, ...place]);
}

async function reasonOf(
  before: ArtifactOutput['made'],
  draft: StepDraft,
  readCode: CodeReading,
  settled: ReadonlyMap<string, Settled>,
): Promise<string | undefined> {
  const now = draft.outputs[0].made;
  if (canonicalJson(before) === canonicalJson(now)) return undefined;
  const parts = await changedParts(before, now, readCode);
  if (parts.length > 0) return `${parts.join(', ')} changed`;
  return (
    draft.needs.map((id) => settled.get(id)?.reason).find((reason) => reason !== undefined) ??
    'what it depends on changed'
  );
}
