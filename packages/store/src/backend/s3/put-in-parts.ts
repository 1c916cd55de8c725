import { randomUUID } from 'node:crypto';
import type { CompletedPart } from '@aws-sdk/client-s3';
import { writeName } from './conditional-put.js';
import type { Retrying } from './retrying.js';
import type { Connection } from './s3-client.js';
import { failureOf, isAbsent } from './s3-errors.js';

/** An object is at most so many parts, by the documentation of S3. */
const mostParts = 10_000;

interface PutInParts {
  readonly at: { readonly Bucket: string; readonly Key: string };
  /** The object, one array after the other. */
  readonly content: readonly Uint8Array[];
  readonly bytes: number;
  /** Bytes of a part, where no larger ones are needed. */
  readonly ofPart: number;
}

/**
 * Stores an object in parts, in place of what has its name: that stays until all parts are there and the server puts them together.
 * What fails is given up; what a process leaves that is killed is an {@link unfinishedUploads unfinished upload}.
 * Throws the server's error.
 */
export async function putInParts(
  { sdk, client }: Connection,
  { at, content, bytes, ofPart }: PutInParts,
  retry: Retrying,
): Promise<void> {
  const write = randomUUID();
  const about = { ChecksumAlgorithm: 'CRC32', Metadata: { [writeName]: write } } as const;
  const begin = new sdk.CreateMultipartUploadCommand({ ...at, ...about });
  const { UploadId } = await retry(() => client.send(begin));
  const upload = { ...at, UploadId };
  try {
    const size = Math.max(ofPart, Math.ceil(bytes / mostParts));
    const Parts: CompletedPart[] = [];
    for (let from = 0; from < bytes; from += size) {
      const PartNumber = Parts.length + 1;
      const Body = bytesBetween(content, from, from + size);
      const part = new sdk.UploadPartCommand({ ...upload, PartNumber, Body });
      const { ETag, ChecksumCRC32 } = await retry(() => client.send(part));
      Parts.push({ PartNumber, ETag, ChecksumCRC32 });
    }
    const end = new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
    await retry(async (mayBeDone) => {
      try {
        await client.send(end);
      } catch (error) {
        // Where the answer to an earlier attempt was lost, the upload is gone, and what is stored says that it is of this write.
        if (!mayBeDone || !isAbsent(failureOf(error))) throw error;
        const found = await client.send(new sdk.HeadObjectCommand(at));
        if (found.Metadata?.[writeName] !== write) throw error;
      }
    });
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

/** Bytes of several arrays, one after the other, from one place up to another; where they lie in one array, they stay there. */
function bytesBetween(arrays: readonly Uint8Array[], from: number, to: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (const array of arrays) {
    const piece = array.subarray(Math.max(0, from - start), Math.max(0, to - start));
    if (piece.length > 0) pieces.push(piece);
    start += array.length;
  }
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
}
