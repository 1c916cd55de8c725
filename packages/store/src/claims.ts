import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { PlainError } from '@attribution-bench/contract';
import { isAlive, machine } from './atomic-write.js';
import { hasCode } from './file-errors.js';
import { moveAside } from './move-aside.js';
import { openRegularFile } from './regular-file.js';
import type { ArtifactRef, Store } from './store.js';

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
 * Shares work between processes, on one machine or on many with a shared file system: who makes an artifact holds
 * `<key>.claim` beside it. Artifacts are the same whoever makes them, and written whole or not at all, so a race that is
 * lost (two take over the same dead claim, a machine sleeps through its own) costs time and never correctness.
 *
 * A claim lies in the folder of its artifact because making it there is also what makes a network file system look
 * again: whoever holds it sees the artifacts that others stored there before.
 *
 * No clock is compared with another one, since that of a machine may be wrong: whoever holds a claim writes it anew from
 * time to time, and one that was not seen to change for long enough, by the time that passes here, is nobody's.
 */
export interface Claims {
  take(ref: ArtifactRef): Promise<Claim>;
  /** Ends at once all that is held, for a process that is about to be killed. */
  giveBack(): void;
  /** Stops renewing what is still held. */
  close(): void;
}

export interface ClaimOptions {
  /** After how long without a change a claim of another machine is nobody's, in ms. */
  readonly silenceMs?: number;
  /** Time that passes here, in ms since any moment. */
  now?(): number;
}

interface Note {
  readonly machine?: string;
  readonly pid?: number;
  /** For people who read the file. */
  readonly host?: string;
  /** How often it was renewed. */
  readonly renewed?: number;
  /** Where it failed, and how; with `ended`, nobody is at it any more. */
  readonly failures?: readonly { readonly machine: string; readonly error: PlainError }[];
  readonly ended?: true;
}

/** A claim as it was found: `state` is another one after every renewal. */
interface Found {
  readonly note: Note;
  readonly state: string;
  readonly mtimeMs: number;
}

const renewMs = 15_000;
/** Longer than a few renewals and the minute for which network file systems may show old content. */
const defaultSilenceMs = 120_000;
/** Who died between making a claim and writing its name into it left an empty one. */
const silenceOfEmptyMs = 2_000;
const triesAtMost = 5;

/**
 * Failures that are noted in the store by now do not count: they are of before. Claims of processes of this machine that are
 * gone are removed: who died after an artifact was stored left one that nobody asks for any more.
 * @throws BenchError STORE_READ when the store cannot be looked through
 */
export async function openClaims(
  store: Pick<Store, 'file' | 'listClaims'>,
  { silenceMs = defaultSilenceMs, now = () => performance.now() }: ClaimOptions = {},
): Promise<Claims> {
  const held = new Map<string, Note>();
  const seen = new Map<string, { readonly state: string; readonly since: number }>();
  const before = new Map<string, string>();
  for await (const file of store.listClaims()) {
    const found = await readClaim(file);
    if (found?.note.ended === true) before.set(file, found.state);
    else if (found !== undefined && isOfTheDead(found.note)) await remove(file);
  }
  let renewing: Promise<unknown> = Promise.resolve();
  const renewal = setInterval(() => {
    renewing = Promise.all([...held].map(([file, note]) => renew(file, { ...note, renewed: (note.renewed ?? 0) + 1 })));
  }, renewMs);
  renewal.unref();

  async function renew(file: string, note: Note): Promise<void> {
    held.set(file, note);
    await writeFile(file, textOf(note), { flag: 'r+' }).catch(() => undefined);
  }

  async function take(ref: ArtifactRef): Promise<Claim> {
    const file = claimFile(store.file(ref));
    let failures: NonNullable<Note['failures']> = [];
    for (let tries = 0; tries < triesAtMost; tries++) {
      const note = { machine: machine(), pid: process.pid, host: hostname(), failures };
      if (create(file, textOf(note))) {
        seen.delete(file);
        held.set(file, note);
        return { status: 'ours', release: (failure) => release(file, note, failure) };
      }
      const found = await readClaim(file);
      if (found === undefined) continue;
      if (found.note.ended !== true && !isNobodys(file, found)) return { status: 'theirs' };
      failures = before.get(file) === found.state ? [] : (found.note.failures ?? []);
      const known = failures.find((failure) => failure.machine === machine()) ?? failures[enoughMachines - 1];
      if (known !== undefined) return { status: 'failed', error: known.error };
      await remove(file);
    }
    return { status: 'theirs' };
  }

  function isNobodys(file: string, { note, state }: Found): boolean {
    if (isOfTheDead(note)) return true;
    const known = seen.get(file);
    const since = known?.state === state ? known.since : now();
    seen.set(file, { state, since });
    return now() - since >= (note.machine === undefined ? Math.min(silenceOfEmptyMs, silenceMs) : silenceMs);
  }

  async function release(file: string, { failures, ...note }: Note, error?: PlainError): Promise<void> {
    held.delete(file);
    await renewing;
    if (error === undefined) return remove(file);
    const ended: Note = { ...note, failures: [...(failures ?? []), { machine: machine(), error }], ended: true };
    await writeFile(file, textOf(ended)).catch(() => undefined);
  }

  return {
    take,
    giveBack() {
      for (const file of held.keys()) rmSync(file, { force: true });
    },
    close: () => clearInterval(renewal),
  };
}

/** A failure on so many machines is one of the work and not of a machine. */
const enoughMachines = 2;

/** Whether a name is that of a claim. */
export function isClaim(name: string): boolean {
  return /^[0-9a-f]{64}\.claim$/.test(name);
}

/** How far off the clocks of machines are taken to be at most where there is no time to watch a claim. */
const farOffMs = 24 * 3600 * 1000;

/** Whether somebody may still be at what a claim is for, as far as one look tells. */
export async function isInUse(file: string): Promise<boolean> {
  const found = await readClaim(file);
  if (found === undefined || found.note.ended === true || isOfTheDead(found.note)) return false;
  return Math.abs(Date.now() - found.mtimeMs) < farOffMs;
}

function claimFile(artifact: string): string {
  return artifact.replace(/safetensors$/, 'claim');
}

function textOf(note: Note): string {
  return JSON.stringify(note);
}

function isOfTheDead({ machine: where, pid }: Note): boolean {
  return where === machine() && pid !== undefined && !isAlive(pid);
}

/**
 * Whether the file was made, rather than there already. Where it cannot be written the work goes on without, and says
 * itself what is wrong with the folder. Not asynchronous, so that no claim stays empty for long.
 */
function create(file: string, text: string, folderMissing = false): boolean {
  try {
    if (folderMissing) mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    return folderMissing || !hasCode(error, 'ENOENT') || create(file, text, true);
  }
}

/** What is in place of a claim and no file is moved aside. */
async function remove(file: string): Promise<void> {
  await unlink(file).catch(async (error: unknown) => {
    if (hasCode(error, 'EISDIR', 'EPERM')) await moveAside(file).catch(() => undefined);
  });
}

/** A claim; undefined when it is gone. One that cannot be read says nothing. */
async function readClaim(file: string): Promise<Found | undefined> {
  try {
    const { handle } = await openRegularFile(file);
    try {
      const { mtimeMs, ino } = await handle.stat();
      const text = await handle.readFile('utf8');
      return { note: noteOf(text), state: `${ino} ${mtimeMs} ${text}`, mtimeMs };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, 'ESTALE')) return undefined;
    return lstat(file).then(
      ({ mtimeMs, ino }) => ({ note: {}, state: `${ino} ${mtimeMs}`, mtimeMs }),
      () => undefined,
    );
  }
}

function noteOf(text: string): Note {
  try {
    const note: unknown = JSON.parse(text);
    return typeof note === 'object' && note !== null ? note : {};
  } catch {
    return {};
  }
}
