import { canonicalJson, hashJson, type Json } from '@attribution-bench/contract';
import type { ArtifactOutput, Store } from '@attribution-bench/store';
import type { StepJob } from '../model/job.js';
import type { PlannedStep, StepStatus } from '../model/step.js';
import { changedParts } from './changed-parts.js';

/** Raised when results of the same inputs would mean something else than before. */
const schema = 1;

/** A step before it is known whether its result is stored. */
export interface StepDraft {
  readonly kind: string;
  readonly label: string;
  readonly task: string;
  readonly method?: string;
  readonly needs: readonly string[];
  readonly outputs: readonly ArtifactOutput[];
  readonly job: StepJob;
  /** What tells its place in the grid from every other, besides kind and task. */
  readonly place: readonly Json[];
}

/** Steps by id; one that is asked for twice is there once. */
export type StepList = Map<string, StepDraft>;

/** A result that is made from `parts`; its key is the hash of their canonical JSON. */
export function outputOf(kind: string, parts: ArtifactOutput['made']): ArtifactOutput {
  const made = { schema, step: kind, ...parts };
  return { kind, key: hashJson(made), made };
}

/** Adds a step and returns its id. */
export function addStep(steps: StepList, draft: StepDraft): string {
  const id = `${draft.kind}:${draft.outputs[0].key}`;
  const present = steps.get(id);
  if (present === undefined || present.outputs.length < draft.outputs.length) steps.set(id, draft);
  return id;
}

/** Files up to this size are checked whole when a plan is made, larger ones when they are read. */
const deepBytes = 1 << 20;
const checksAtOnce = 32;

/**
 * Finds out which results are stored and sound, and marks what has to be done for the wanted steps: those whose results
 * reports read.
 * @param forced ids of steps to do again even when stored
 * @returns the steps, and the keys of all results that are stored
 */
export async function settle(
  steps: StepList,
  store: Store,
  wanted: ReadonlySet<string>,
  forced: ReadonlySet<string>,
): Promise<{ readonly steps: readonly PlannedStep[]; readonly stored: ReadonlySet<string> }> {
  const drafts = [...steps];
  const refs = drafts.flatMap(([, { outputs }]) => outputs);
  const stored = new Set<string>();
  for (let start = 0; start < refs.length; start += checksAtOnce)
    await Promise.all(
      refs.slice(start, start + checksAtOnce).map(async (ref) => {
        if (await store.isSound(ref, deepBytes)) stored.add(ref.key);
      }),
    );
  const settled = new Map<string, { status: StepStatus; reason?: string }>();
  for (const [id, draft] of drafts) {
    if (forced.has(id)) settled.set(id, { status: 'stale', reason: 'forced' });
    else if (draft.outputs.every(({ key }) => stored.has(key))) settled.set(id, { status: 'cached' });
    else {
      const before = await store.readLatest(placeOf(draft));
      const reason = before === undefined ? undefined : reasonOf(before, draft, settled);
      settled.set(id, reason === undefined ? { status: 'missing' } : { status: 'stale', reason });
    }
  }
  const needed = new Set<string>();
  const need = (id: string): void => {
    if (needed.has(id) || settled.get(id)?.status === 'cached') return;
    needed.add(id);
    for (const other of steps.get(id)?.needs ?? []) need(other);
  };
  for (const id of wanted) need(id);
  const planned = drafts.map(([id, draft]) => ({
    ...draft,
    ...(settled.get(id) ?? { status: 'missing' as const }),
    id,
    place: placeOf(draft),
    needed: needed.has(id),
    reported: wanted.has(id),
  }));
  return { steps: planned, stored };
}

function placeOf({ kind, task, place }: StepDraft): string {
  return canonicalJson([kind, task, ...place]);
}

function reasonOf(
  before: ArtifactOutput['made'],
  draft: StepDraft,
  settled: ReadonlyMap<string, { status: StepStatus; reason?: string }>,
): string | undefined {
  const now = draft.outputs[0].made;
  if (canonicalJson(before) === canonicalJson(now)) return undefined;
  const parts = changedParts(before, now);
  if (parts.length > 0) return `${parts.join(', ')} changed`;
  return (
    draft.needs.map((id) => settled.get(id)?.reason).find((reason) => reason !== undefined) ??
    'what it rests on changed'
  );
}
