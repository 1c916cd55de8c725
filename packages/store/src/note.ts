import { canonicalJson, type Json, sha256 } from '@attribution-bench/contract';
import { writeAtomically } from './atomic-write.js';
import { hasCode, readError } from './file-errors.js';
import { Malformed } from './malformed.js';
import { moveAside } from './move-aside.js';
import { readRegularFile } from './regular-file.js';

/**
 * Writes a small JSON file that says what it is about, with a checksum over both: whatever is altered, or put under another
 * name, is as good as not there. What is in its place and no file is moved aside.
 * @throws BenchError, see {@link writeAtomically}
 */
export async function writeNote(file: string, about: string, content: Json): Promise<void> {
  const text = `${JSON.stringify({ about, content, sha256: digestOf(about, content) })}\n`;
  try {
    await writeAtomically(file, text);
  } catch (error) {
    if (!(error instanceof Error && hasCode(error.cause, 'EISDIR'))) throw error;
    await moveAside(file).catch(() => undefined);
    await writeAtomically(file, text);
  }
}

/**
 * What a note says about something; undefined where there is none, or one that is damaged or about something else.
 * @throws BenchError STORE_READ when the file system cannot read it
 */
export async function readNote(file: string, about: string): Promise<Json | undefined> {
  let text: string;
  try {
    text = (await readRegularFile(file)).toString('utf8');
  } catch (error) {
    if (error instanceof Malformed || hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw readError(error, file);
  }
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
