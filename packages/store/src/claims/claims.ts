import { hostname } from 'node:os';
import type { PlainError } from '@attribution-bench/contract';
import type { Backend } from '../backend/backend.js';
import { machine } from '../machine.js';
import type { ArtifactRef } from '../store/artifact-ref.js';
import { nameOf, parseName } from '../store/names.js';
import { type ClaimNote, encodeClaim, type FoundClaim, isOfTheDead, readClaim } from './claim-note.js';

/** What comes of asking for a piece of work. */
export type Claim =
  | {
      readonly status: 'ours';
      /** Ends the claim once the artifact is stored or given up; a failure is left for the others to read. */
      release(failure?: PlainError): Promise<void>;
    }
  /** Another process is at it. */
  | { readonly status: 'theirs' }
  /** It failed elsewhere while this process ran, and trying it here would be no different. */
  | { readonly status: 'failed'; readonly error: PlainError };

/**
 * Shares work between processes, on one machine or on many that share a store: who makes an artifact holds `<key>.claim`
 * beside it. Artifacts are the same whoever makes them, and written whole or not at all, so a race that is lost (two take
 * over the same dead claim on a medium that cannot compare and write at once, a machine sleeps through its own) costs time
 * and never correctness.
 *
 * A claim lies in the folder of its artifact because making it there is also what makes a network file system look
 * again: whoever holds it sees the artifacts that others stored there before.
 *
 * No clock is compared with another one, since that of a machine may be wrong: whoever holds a claim rewrites it from
 * time to time, and one that was not seen to change for long enough, by the time that passes here, is nobody's.
 */
export interface Claims {
  take(ref: ArtifactRef): Promise<Claim>;
  /** Starts to end all that is held before it returns, for a process that is about to be killed. */
  giveBack(): void;
  /** Stops renewing what is still held. */
  close(): void;
}

export interface ClaimOptions {
  /** After how long without a change a claim of another machine is nobody's, in ms. */
  readonly silenceMs?: number;
  /** The job of a cluster's scheduler that this process is; it runs once at a time, so that what it held elsewhere is nobody's. */
  readonly job?: string;
  /** All that this process may ask for, where that is little: then nothing else is looked at, and the store is not listed. */
  readonly only?: Iterable<ArtifactRef>;
  /** Time that passes here, in ms since any moment. */
  now?(): number;
}

/** A claim of this process. */
interface Held {
  note: ClaimNote;
  /** As it was written last; undefined where that is not known. */
  version?: string | undefined;
}

const renewMs = 15_000;
/** Longer than a few renewals and the minute for which network file systems may show old content. */
const defaultSilenceMs = 120_000;
/** Who died between making a claim and writing its name into it left an empty one. */
const silenceOfEmptyMs = 2_000;
const triesAtMost = 5;
/** A failure on so many machines is one of the work and not of a machine. */
const enoughMachines = 2;

/**
 * Failures that are noted in the store by now do not count: they are from before. Claims of processes of this machine that are
 * gone are removed: a process that died after it had stored an artifact left one that nobody asks for any more.
 * @throws BenchError STORE_READ when the store cannot be looked through
 */
export async function openClaims(
  { backend }: { readonly backend: Backend },
  { silenceMs = defaultSilenceMs, now = () => performance.now(), job, only }: ClaimOptions = {},
): Promise<Claims> {
  const held = new Map<string, Held>();
  const own: ClaimNote = { machine: machine(), pid: process.pid, host: hostname(), ...(job && { job }), failures: [] };
  const before = await clearDead(backend, only === undefined ? claimsIn(backend) : namesOf(only));
  const isSilent = silenceWatch(now, silenceMs);
  let renewing: Promise<unknown> = Promise.resolve();
  const renewal = setInterval(() => {
    renewing = Promise.all([...held].map(([name, claim]) => renew(name, claim).catch(() => undefined)));
  }, renewMs);
  renewal.unref();

  async function renew(name: string, claim: Held): Promise<void> {
    const found = await readClaim(backend, name);
    if (found?.version === undefined || !isSameHolder(found.note, claim.note)) return;
    claim.note = { ...claim.note, renewed: (claim.note.renewed ?? 0) + 1 };
    claim.version = undefined;
    claim.version = await backend.putIfUnchanged(name, encodeClaim(claim.note), found.version);
  }

  /** Whether a claim is one of a process that is gone. */
  function isDead(note: ClaimNote): boolean {
    const isEarlierSelf =
      job !== undefined && note.job === job && (note.machine !== machine() || note.pid !== process.pid);
    return isEarlierSelf || isOfTheDead(note);
  }

  async function take(ref: ArtifactRef): Promise<Claim> {
    const name = nameOf(ref, 'claim');
    const made = await create(backend, name, own);
    if (made !== undefined) return ours(name, made);
    for (let tries = 0; tries < triesAtMost; tries++) {
      const found = await readClaim(backend, name);
      if (found === undefined) {
        const again = await create(backend, name, own);
        if (again !== undefined) return ours(name, again);
        continue;
      }
      if (found.note.ended !== true && !isDead(found.note) && !isSilent(name, found)) return { status: 'theirs' };
      const failures = before.get(name) === found.state ? [] : (found.note.failures ?? []);
      const known = failures.find((failure) => failure.machine === machine()) ?? failures[enoughMachines - 1];
      if (known !== undefined) return { status: 'failed', error: known.error };
      const taken = await takeOver(backend, name, found, { ...own, failures });
      if (taken !== undefined) return ours(name, taken);
    }
    return { status: 'theirs' };
  }

  function ours(name: string, claim: Held): Claim {
    held.set(name, claim);
    return { status: 'ours', release: (failure) => release(name, claim, failure) };
  }

  async function release(name: string, claim: Held, error?: PlainError): Promise<void> {
    held.delete(name);
    await renewing;
    const { note, version } = claim;
    if (error === undefined && (await removeOwn(name, version))) return;
    // A network file system may tell another version of what was written here than it told at first.
    const found = await readClaim(backend, name);
    if (found?.version === undefined || !isSameHolder(found.note, note)) return;
    if (error === undefined) return void (await removeOwn(name, found.version));
    const failures = [...(note.failures ?? []), { machine: machine(), error }];
    const ended = encodeClaim({ ...note, failures, ended: true });
    await backend.putIfUnchanged(name, ended, found.version).catch(() => undefined);
  }

  async function removeOwn(name: string, version: string | undefined): Promise<boolean> {
    return version !== undefined && (await backend.remove(name, version).catch(() => false));
  }

  return {
    take,
    giveBack: () => backend.removeAtOnce(held.keys()),
    close: () => clearInterval(renewal),
  };
}

async function* claimsIn(backend: Backend): AsyncGenerator<string> {
  for await (const { name } of backend.list('')) {
    const parsed = parseName(name);
    if (parsed?.ending === 'claim' && !parsed.isAside) yield name;
  }
}

function namesOf(refs: Iterable<ArtifactRef>): string[] {
  return Array.from(refs, (ref) => nameOf(ref, 'claim'));
}

/** Removes claims of processes of this machine that are gone; the states of those that ended before, by name. */
async function clearDead(
  backend: Backend,
  names: AsyncIterable<string> | Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const ended = new Map<string, string>();
  for await (const name of names) {
    const found = await readClaim(backend, name);
    if (found?.note.ended === true) ended.set(name, found.state);
    else if (found !== undefined && isOfTheDead(found.note))
      await backend.remove(name, found.version).catch(() => undefined);
  }
  return ended;
}

/** Tells which claims were not seen to change for so long that they are nobody's. */
function silenceWatch(now: () => number, silenceMs: number): (name: string, found: FoundClaim) => boolean {
  const seen = new Map<string, { readonly state: string; readonly since: number }>();
  return (name, { note, state }) => {
    const known = seen.get(name);
    const since = known?.state === state ? known.since : now();
    seen.set(name, { state, since });
    return now() - since >= (note.machine === undefined ? Math.min(silenceOfEmptyMs, silenceMs) : silenceMs);
  };
}

/**
 * The claim that was made; undefined when there was one already. Where it cannot be written the work goes on without, and says itself
 * what is wrong with the store.
 */
async function create(backend: Backend, name: string, note: ClaimNote): Promise<Held | undefined> {
  try {
    const version = await backend.putIfAbsent(name, encodeClaim(note));
    return version === undefined ? undefined : { note, version };
  } catch {
    return { note };
  }
}

/** The claim in place of one that is nobody's; undefined when another was faster. What is not a claim at all is moved aside first. */
async function takeOver(
  backend: Backend,
  name: string,
  { version }: FoundClaim,
  note: ClaimNote,
): Promise<Held | undefined> {
  if (version === undefined) {
    await backend.moveAside(name).catch(() => undefined);
    return create(backend, name, note);
  }
  try {
    const taken = await backend.putIfUnchanged(name, encodeClaim(note), version);
    return taken === undefined ? undefined : { note, version: taken };
  } catch {
    await backend.remove(name, version).catch(() => undefined);
    return create(backend, name, note);
  }
}

/** Whether a claim is held by the process that a note is of; what was read in the middle of a renewal says nothing. */
function isSameHolder(found: ClaimNote, note: ClaimNote): boolean {
  return found.ended !== true && found.machine === note.machine && found.pid === note.pid;
}
