import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { NdArray } from '@attribution-bench/contract';
import { writeAtomically } from './atomic-write.js';
import { Malformed } from './malformed.js';
import { openRegularFile } from './regular-file.js';
import { bytesOf, decodeHeader, emptyArray, encodeHeader, type Header, headerLength } from './safetensors.js';

/** Named arrays and text about them. */
export interface Artifact {
  readonly arrays: Readonly<Record<string, NdArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An artifact whose header is checked and whose arrays are read, and checked, one by one. */
export interface OpenArtifact extends Header {
  /** Bytes of the file. */
  readonly size: number;
  /** @throws Malformed when its bytes fail the checksum, a RangeError when there is no such array */
  array(name: string): Promise<NdArray>;
  close(): Promise<void>;
}

const chunkBytes = 1 << 26;

/** Writes an artifact atomically; same content, same bytes. @throws BenchError, see {@link writeAtomically} */
export async function writeArtifactFile(file: string, artifact: Artifact): Promise<void> {
  const { head, order } = encodeHeader(artifact.arrays, artifact.metadata);
  await writeAtomically(file, async (handle) => {
    await handle.writeFile(head);
    for (const data of order) await handle.writeFile(bytesOf(data));
  });
}

/** Opens a file and checks its header. @throws Malformed, or the file system's error */
export async function openArtifactFile(file: string): Promise<OpenArtifact> {
  const { handle, size } = await openRegularFile(file);
  try {
    const first = new Uint8Array(8);
    await readFully(handle, first.subarray(0, Math.min(8, size)), 0);
    const head = new Uint8Array(8 + headerLength(first, size));
    await readFully(handle, head, 0);
    const header = decodeHeader(head, size);
    return {
      ...header,
      size,
      async array(name) {
        const entry = header.arrays[name];
        if (entry === undefined) throw new RangeError(`the artifact has no array "${name}"`);
        const array = emptyArray(entry);
        const digest = await readFully(handle, bytesOf(array.data), entry.start);
        if (digest !== entry.sha256) throw new Malformed(`has an array "${name}" that fails its checksum`);
        return array;
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The arrays of these names (default: all), each checked. @throws as {@link OpenArtifact.array} */
export async function readArrays(
  opened: OpenArtifact,
  names: readonly string[] = Object.keys(opened.arrays),
): Promise<Artifact['arrays']> {
  const arrays: Record<string, NdArray> = Object.create(null);
  for (const name of names) arrays[name] = await opened.array(name);
  return arrays;
}

/** Reads and checks a whole file. @throws Malformed, or the file system's error */
export async function readArtifactFile(file: string): Promise<Artifact> {
  const opened = await openArtifactFile(file);
  try {
    return { arrays: await readArrays(opened), metadata: opened.metadata };
  } finally {
    await opened.close();
  }
}

/** Fills `target` from `position` on and returns the SHA-256 of what was read. */
async function readFully(handle: FileHandle, target: Uint8Array, position: number): Promise<string> {
  const hash = createHash('sha256');
  let filled = 0;
  while (filled < target.length) {
    const length = Math.min(chunkBytes, target.length - filled);
    const { bytesRead } = await handle.read(target, filled, length, position + filled);
    if (bytesRead === 0) throw new Malformed('is truncated');
    hash.update(target.subarray(filled, filled + bytesRead));
    filled += bytesRead;
  }
  return hash.digest('hex');
}
