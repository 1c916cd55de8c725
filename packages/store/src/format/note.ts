import { basename, dirname } from 'node:path';
import { canonicalJson, type Json, sha256 } from '@attribution-bench/contract';
import type { Backend, PutOptions } from '../backend/backend.js';
import { readError } from '../backend/file-system/file-errors.js';
import { openFileSystem } from '../backend/file-system/file-system.js';
import { putClearing } from '../backend/put-clearing.js';
import { readSmall } from '../backend/small-objects.js';
import { Malformed } from '../malformed.js';

/** Larger ones are none of ours. */
const maxNoteBytes = 1 << 20;

/**
 * Writes a small JSON object that says what it is about, with a checksum over both: whatever is altered, or put under another
 * name, is as good as missing. Whatever else is in its place is moved aside.
 * @throws BenchError as {@link Backend.put}
 */
export async function putNote(
  backend: Backend,
  name: string,
  about: string,
  content: Json,
  options?: PutOptions,
): Promise<void> {
  const text = `${JSON.stringify({ about, content, sha256: digestOf(about, content) })}\n`;
  const setAside = (obstacle: string): Promise<unknown> => backend.moveAside(obstacle).catch(() => undefined);
  await putClearing(backend, name, [Buffer.from(text)], setAside, options);
}

/**
 * What a note says about something; undefined where there is none, or one that is damaged or about something else.
 * @throws BenchError STORE_READ when the medium cannot read it
 */
export async function getNote(backend: Backend, name: string, about: string): Promise<Json | undefined> {
  try {
    const found = await readSmall(backend, name, maxNoteBytes);
    return found === undefined ? undefined : parseNote(Buffer.from(found.content).toString('utf8'), about);
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return undefined;
    throw readError(error, backend.place(name));
  }
}

/** {@link putNote} to a file. */
export function writeNote(file: string, about: string, content: Json): Promise<void> {
  return putNote(openFileSystem(dirname(file)), basename(file), about, content);
}

/** {@link getNote} from a file. */
export function readNote(file: string, about: string): Promise<Json | undefined> {
  return getNote(openFileSystem(dirname(file)), basename(file), about);
}

/** Whether a text is a note as it was written, whatever it is about. */
export function isSoundNote(text: string): boolean {
  try {
    const about: unknown = JSON.parse(text)?.about;
    return typeof about === 'string' && parseNote(text, about) !== undefined;
  } catch {
    return false;
  }
}

function parseNote(text: string, about: string): Json | undefined {
  try {
    const note: { about?: unknown; content?: Json; sha256?: unknown } | null = JSON.parse(text);
    const { content } = note ?? {};
    if (note?.about !== about || content === undefined) return undefined;
    return note.sha256 === digestOf(about, content) ? content : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(about: string, content: Json): string {
  return sha256(canonicalJson([about, content]));
}
