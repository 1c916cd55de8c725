import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';

/** A file in a ZIP archive. */
export interface ZipMember {
  readonly name: string;
  /** Bytes when unzipped, as the archive declares them. */
  readonly bytes: number;
  /** What the archive holds for it, and how: stored (0) or deflated (8). */
  readonly packed: number;
  readonly method: number;
  readonly crc: number;
  /** Byte of its local header. */
  readonly offset: number;
}

const largestDirectory = 1 << 26;
const endBytes = 22;
const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const all16 = 0xffff;
const all32 = 0xffffffff;

/**
 * What a ZIP archive holds, by its central directory, ZIP64 included (PKWARE APPNOTE 6.3). Nothing is unzipped.
 * @throws Error with the reason when it is damaged
 */
export async function zipMembers(file: string): Promise<ZipMember[]> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const tail = await readAt(handle, Math.max(0, size - endBytes - all16), Math.min(size, endBytes + all16));
    let at = tail.length - endBytes;
    while (at >= 0 && tail.readUInt32LE(at) !== endSignature) at--;
    if (at < 0) throw new Error('it has no directory at its end');
    let count = tail.readUInt16LE(at + 10);
    let bytes = tail.readUInt32LE(at + 12);
    let start = tail.readUInt32LE(at + 16);
    if (count === all16 || bytes === all32 || start === all32) {
      const locator = at - 20;
      if (locator < 0) throw new Error('it has no ZIP64 directory');
      const record = await readAt(handle, Number(tail.readBigUInt64LE(locator + 8)), 56);
      if (record.readUInt32LE(0) !== end64Signature) throw new Error('it has no ZIP64 directory');
      count = Number(record.readBigUInt64LE(32));
      bytes = Number(record.readBigUInt64LE(40));
      start = Number(record.readBigUInt64LE(48));
    }
    if (bytes > largestDirectory || start + bytes > size)
      throw new Error(`its directory of ${bytes} bytes does not fit`);
    const directory = await readAt(handle, start, bytes);
    const members: ZipMember[] = [];
    for (let place = 0; members.length < count; ) {
      if (place + 46 > directory.length || directory.readUInt32LE(place) !== entrySignature)
        throw new Error('its directory is damaged');
      const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => directory.readUInt16LE(place + field));
      const next = place + 46 + nameBytes + extraBytes + commentBytes;
      if (next > directory.length) throw new Error('its directory is damaged');
      const extra = directory.subarray(place + 46 + nameBytes, place + 46 + nameBytes + extraBytes);
      const given = [24, 20, 42].map((field) => directory.readUInt32LE(place + field));
      const [unzipped, packed, offset] = widened(given, extra);
      members.push({
        name: directory.toString('utf8', place + 46, place + 46 + nameBytes),
        bytes: unzipped,
        packed,
        method: directory.readUInt16LE(place + 8) & 1 ? encrypted : directory.readUInt16LE(place + 10),
        crc: directory.readUInt32LE(place + 16),
        offset,
      });
      place = next;
    }
    return members;
  } finally {
    await handle.close();
  }
}

const encrypted = -1;

/**
 * The bytes of a member, in parts: never more than it declares, and checked against its checksum at the end.
 * @throws Error with the reason when it is damaged or packed in another way than NumPy does
 */
export async function* readZipMember(file: string, member: ZipMember): AsyncGenerator<Buffer> {
  const { bytes, packed, method, offset } = member;
  if (method !== 0 && method !== 8)
    throw new Error(method === encrypted ? 'it is encrypted' : `it is packed by method ${method}`);
  const handle = await open(file);
  const start = await localData(handle, offset).finally(() => handle.close());
  let found = 0;
  let crc = 0;
  if (packed > 0) {
    const raw = createReadStream(file, { start, end: start + packed - 1, highWaterMark: 1 << 20 });
    // An error of either stream ends the loop over the last one.
    const parts = method === 0 ? raw : pipeline(raw, createInflateRaw({ chunkSize: 1 << 18 }), () => undefined);
    for await (const part of parts as AsyncIterable<Buffer>) {
      found += part.length;
      if (found > bytes) throw new Error(`it is longer than the ${bytes} bytes it declares`);
      crc = crc32(part, crc);
      yield part;
    }
  }
  if (found !== bytes) throw new Error(`it has ${found} of the ${bytes} bytes it declares`);
  if (crc !== member.crc) throw new Error('it fails its checksum');
}

async function localData(handle: FileHandle, offset: number): Promise<number> {
  const header = await readAt(handle, offset, 30);
  if (header.readUInt32LE(0) !== localSignature) throw new Error('it is not where the directory says');
  return offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

/** Sizes that do not fit 32 bits are in the ZIP64 field instead, in this order. */
function widened(values: readonly number[], extra: Buffer): number[] {
  let at = 0;
  while (at + 4 <= extra.length && extra.readUInt16LE(at) !== 1) at += 4 + extra.readUInt16LE(at + 2);
  at += 4;
  return values.map((value) => {
    if (value !== all32) return value;
    if (at + 8 > extra.length) throw new Error('its directory is damaged');
    const wide = Number(extra.readBigUInt64LE(at));
    at += 8;
    return wide;
  });
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error('it is truncated');
  return buffer;
}
