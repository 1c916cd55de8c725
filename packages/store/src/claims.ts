import { mkdirSync, writeFileSync } from 'node:fs';
import { open, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { PlainError } from '@attribution-bench/contract';
import { isAlive, machine } from './atomic-write.js';
import { hasCode } from './file-errors.js';
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
 */
export interface Claims {
  take(ref: ArtifactRef): Promise<Claim>;
  /** Stops renewing what is still held. */
  close(): void;
}

interface Note {
  readonly machine?: string;
  readonly pid?: number;
  /** For people who read the file. */
  readonly host?: string;
  /** Where it failed, and how; with `ended`, nobody is at it any more. */
  readonly failures?: readonly { readonly machine: string; readonly error: PlainError }[];
  readonly ended?: true;
}

const renewMs = 15_000;
/** Longer than a few renewals and the minute for which network file systems may show old times. */
const staleMs = 120_000;
/** Who died between making a claim and writing its name into it left an empty one. */
const staleEmptyMs = 2_000;
const triesAtMost = 5;

/**
 * @param startedAt when this run started, by the clock of the file system (the `mtime` of a file that was just written),
 * in ms since 1970: ages of claims are taken by that clock, and failures of before do not count
 */
export function openClaims(store: Pick<Store, 'file'>, startedAt: number): Claims {
  const skew = startedAt - Date.now();
  const held = new Map<string, string>();
  const renewal = setInterval(() => {
    for (const [file, text] of held) void writeFile(file, text, { flag: 'r+' }).catch(() => undefined);
  }, renewMs);
  renewal.unref();

  async function take(ref: ArtifactRef): Promise<Claim> {
    const file = claimFile(store.file(ref));
    let failures: NonNullable<Note['failures']> = [];
    for (let tries = 0; tries < triesAtMost; tries++) {
      const note = { machine: machine(), pid: process.pid, host: hostname(), failures };
      const text = JSON.stringify(note);
      if (create(file, text)) {
        held.set(file, text);
        return { status: 'ours', release: (failure) => release(file, note, failure) };
      }
      const found = await readClaim(file);
      if (found === undefined) continue;
      const { mtimeMs } = found;
      if (found.note.ended !== true && !isStale(found.note, Date.now() + skew - mtimeMs)) return { status: 'theirs' };
      failures = mtimeMs >= startedAt ? (found.note.failures ?? []) : [];
      const known = failures.find((failure) => failure.machine === machine()) ?? failures[enoughMachines - 1];
      if (known !== undefined) return { status: 'failed', error: known.error };
      await remove(file);
    }
    return { status: 'theirs' };
  }

  async function release(file: string, { failures, ...note }: Note, error?: PlainError): Promise<void> {
    held.delete(file);
    const ended = { ...note, failures: [...(failures ?? []), { machine: machine(), error }], ended: true };
    await (error === undefined ? remove(file) : writeFile(file, JSON.stringify(ended)).catch(() => undefined));
  }

  return { take, close: () => clearInterval(renewal) };
}

/** A failure on so many machines is one of the work and not of a machine. */
const enoughMachines = 2;

/** Whether a name is that of a claim. */
export function isClaim(name: string): boolean {
  return /^[0-9a-f]{64}\.claim$/.test(name);
}

/** Whether somebody may still be at what a claim is for. */
export async function isInUse(file: string): Promise<boolean> {
  const found = await readClaim(file);
  return found !== undefined && found.note.ended !== true && !isStale(found.note, Date.now() - found.mtimeMs);
}

function claimFile(artifact: string): string {
  return artifact.replace(/safetensors$/, 'claim');
}

function isStale({ machine: where, pid }: Note, ageMs: number): boolean {
  return (
    ageMs > (where === undefined ? staleEmptyMs : staleMs) ||
    (where === machine() && pid !== undefined && !isAlive(pid))
  );
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

async function remove(file: string): Promise<void> {
  await unlink(file).catch(() => undefined);
}

/** A claim and when it was last renewed; undefined when it is gone. One that cannot be read is known by its age only. */
async function readClaim(file: string): Promise<{ readonly note: Note; readonly mtimeMs: number } | undefined> {
  try {
    const handle = await open(file, 'r');
    try {
      const { mtimeMs } = await handle.stat();
      return { note: noteOf(await handle.readFile('utf8')), mtimeMs };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESTALE')) return undefined;
    return stat(file).then(
      ({ mtimeMs }) => ({ note: {}, mtimeMs }),
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
