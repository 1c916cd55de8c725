import type { Readable } from 'node:stream';
import { Changed, type Found } from '../backend.js';
import type { Connection } from './s3-client.js';
import { failureOf, isAbsent } from './s3-errors.js';

interface At {
  readonly Bucket: string;
  readonly Key: string;
}

/** What HEAD says of an object, of that version only where one is named; undefined where there is none. Throws {@link Changed}, the server's error */
export async function headObject({ sdk, client }: Connection, at: At, version?: string): Promise<Found | undefined> {
  try {
    return foundOf(await client.send(new sdk.HeadObjectCommand({ ...at, ...ifMatch(version) })));
  } catch (error) {
    return nothingOr(error, at);
  }
}

/**
 * One attempt at filling `into` with an object's bytes from `from` on, as far as they go; undefined where there is no object.
 * Throws {@link Changed}, the server's error, or that of a connection that was lost on the way
 */
export async function readObject(
  connection: Connection,
  at: At,
  into: Uint8Array,
  from: number,
  version?: string,
): Promise<Found | undefined> {
  const { sdk, client } = connection;
  if (into.length === 0) return headObject(connection, at, version);
  const range = { Range: `bytes=${from}-${from + into.length - 1}` };
  try {
    const answer = await client.send(new sdk.GetObjectCommand({ ...at, ...range, ...ifMatch(version) }));
    const bytes = Number(/\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1] ?? answer.ContentLength);
    const wanted = Math.min(into.length, Math.max(0, bytes - from));
    let filled = 0;
    for await (const chunk of answer.Body as Readable) {
      const part = (chunk as Uint8Array).subarray(0, wanted - filled);
      into.set(part, filled);
      filled += part.length;
    }
    if (filled < wanted) throw Object.assign(new Error('the answer was cut short'), { code: 'ECONNRESET' });
    return foundOf({ ...answer, ContentLength: bytes });
  } catch (error) {
    // Nothing lies beyond the end of an object, and what does is asked for of empty ones too.
    if (failureOf(error).status === 416) return headObject(connection, at, version);
    return nothingOr(error, at);
  }
}

function ifMatch(version: string | undefined): { readonly IfMatch?: string } {
  return version === undefined ? {} : { IfMatch: version };
}

function foundOf(answer: {
  readonly ContentLength?: number | undefined;
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
}): Found {
  const { ContentLength: bytes = 0, ETag: version = '', LastModified } = answer;
  return { bytes, version, modifiedAt: LastModified?.getTime() ?? 0 };
}

function nothingOr(error: unknown, { Key }: At): undefined {
  const failure = failureOf(error);
  if (isAbsent(failure)) return undefined;
  if (failure.status === 412) throw new Changed(`${Key} was replaced`);
  throw error;
}
