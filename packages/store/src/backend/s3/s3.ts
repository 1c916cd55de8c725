import { randomUUID } from 'node:crypto';
import { BenchError } from '@attribution-bench/contract';
import { type Backend, Changed, type Found, type Listed } from '../backend.js';
import { type Condition, conditionalPut } from './conditional-put.js';
import { putInParts } from './put-in-parts.js';
import { headObject, readObject } from './read-object.js';
import { requireConditions } from './require-conditions.js';
import { type Patience, retrying, standardPatience, waitedFor } from './retrying.js';
import { type Connection, connect } from './s3-client.js';
import { type Doing, failureOf, s3Error } from './s3-errors.js';
import { isUrl, parseS3Url } from './s3-url.js';
import { bytesOfUpload, unfinishedUploads } from './unfinished-uploads.js';

/** Objects that are larger are stored in parts of so many bytes, each of which is tried again by itself. */
const standardPartBytes = 64 * 2 ** 20;
/** The largest object, by the documentation of S3. */
const mostBytes = 5 * 2 ** 40;
/** What is stored in parts and not at its end after so long is nobody's. */
const unfinishedMs = 24 * 3600 * 1000;

/**
 * Objects of a bucket, by a URL `s3://bucket/prefix`. Endpoint, region and credentials are those of the SDK's own variables,
 * files and roles, and are kept nowhere. The SDK is loaded when the first object is asked for. What a server cannot do at the
 * moment is tried again, see {@link Patience}; after that it throws BenchError STORE_AWAY.
 */
export function openS3(url: string, patience: Patience = standardPatience, partBytes = standardPartBytes): Backend {
  const { bucket, prefix } = parseS3Url(url);
  const root = prefix === '' ? '' : `${prefix}/`;
  const location = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
  const place = (name: string): string => `s3://${bucket}/${root}${name}`;
  const at = (name: string) => ({ Bucket: bucket, Key: root + name });
  const retry = retrying(patience);
  let connection: Promise<Connection> | undefined;
  /** What was begun to be removed: what follows sees it gone. */
  let leaving: Promise<unknown> = Promise.resolve();

  async function asking<T>(name: string, doing: Doing, what: (connected: Connection) => Promise<T>): Promise<T> {
    await leaving;
    connection ??= connect(patience.idleMs);
    const connected = await connection;
    try {
      return await what(connected);
    } catch (error) {
      throw error instanceof Changed ? error : s3Error(error, place(name), doing, waitedFor(error));
    }
  }

  function trying<T>(
    name: string,
    doing: Doing,
    what: (connected: Connection, mayBeDone: boolean) => Promise<T>,
  ): Promise<T> {
    return asking(name, doing, (connected) => retry((mayBeDone) => what(connected, mayBeDone)));
  }

  function putIf(name: string, content: Uint8Array, condition: Condition): Promise<string | undefined> {
    const put = { at: at(name), content, condition, write: randomUUID() };
    return trying(name, 'written', (connected, mayBeDone) => conditionalPut(connected, put, mayBeDone));
  }

  const find = (name: string): Promise<Found | undefined> =>
    trying(name, 'read', (connected) => headObject(connected, at(name)));

  const remove = (name: string): Promise<unknown> =>
    trying(name, 'written', ({ sdk, client }) => client.send(new sdk.DeleteObjectCommand(at(name))));

  /** Copies an object, of the named version where one is given, without its bytes passing through here. */
  const copy = (from: string, to: string, version?: string): Promise<unknown> =>
    trying(to, 'written', ({ sdk, client }) =>
      client.send(
        new sdk.CopyObjectCommand({
          ...at(to),
          CopySource: from.split('/').map(encodeURIComponent).join('/'),
          ...(version !== undefined && { CopySourceIfMatch: version }),
        }),
      ),
    );

  async function* list(folder: string): AsyncGenerator<Listed> {
    const within = folder === '' ? root : `${root}${folder}/`;
    let token: string | undefined;
    do {
      const page = await trying(folder, 'read', ({ sdk, client }) =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: bucket,
            Prefix: within,
            ...(token !== undefined && { ContinuationToken: token }),
          }),
        ),
      );
      for (const { Key = '', Size = 0, ETag = '', LastModified } of page.Contents ?? []) {
        const found = { bytes: Size, version: ETag, modifiedAt: LastModified?.getTime() ?? 0 };
        // Some servers list folders, which objects of no bytes and a name that ends in a slash stand for.
        if (!Key.endsWith('/')) yield { name: Key.slice(root.length), isObject: true, find: async () => found };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async function now(): Promise<number> {
    try {
      return await trying('', 'read', async (connected) => {
        const { sdk, client } = connected;
        await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: root, MaxKeys: 1 }));
        return connected.serverTime ?? Date.now();
      });
    } catch {
      return Date.now();
    }
  }

  return {
    location,
    place,
    async requireWritable() {
      await trying('', 'read', ({ sdk, client }) =>
        client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: root, MaxKeys: 1 })),
      );
      const connected = await connection;
      const put = (key: string, condition: Condition) =>
        trying(key, 'written', async ({ sdk, client }) => {
          try {
            await client.send(new sdk.PutObjectCommand({ ...at(key), ...condition, Body: new Uint8Array(1) }));
            return true;
          } catch (error) {
            const { status } = failureOf(error);
            if (status === 412) return false;
            // Said of a header that it does not know.
            if (status === 501) return true;
            throw error;
          }
        });
      await requireConditions({ put, remove }, location, () => connected?.server);
    },

    async put(name, parts) {
      const bytes = parts.reduce((sum, part) => sum + part.length, 0);
      if (bytes > mostBytes)
        throw new BenchError({
          code: 'STORE_WRITE',
          place: place(name),
          message: `cannot be written: it has ${bytes} bytes, and an object of S3 has at most ${mostBytes}`,
          next: 'keep the results of this grid in a folder',
        });
      if (bytes > partBytes) {
        const put = { at: at(name), content: parts, bytes, ofPart: partBytes };
        return asking(name, 'written', (connected) => putInParts(connected, put, retry));
      }
      const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      await trying(name, 'written', ({ sdk, client }) =>
        client.send(new sdk.PutObjectCommand({ ...at(name), Body: body })),
      );
    },
    putIfAbsent: (name, content) => putIf(name, content, { IfNoneMatch: '*' }),
    putIfUnchanged: (name, content, version) => putIf(name, content, { IfMatch: version }),

    find,
    read: (name, into, from, version) =>
      trying(name, 'read', (connected) => readObject(connected, at(name), into, from, version)),
    list,

    now,

    async remove(name, version) {
      // DELETE with a condition is not known to all servers: somebody who writes between the two is overwritten, as on file systems.
      if (version !== undefined && (await find(name))?.version !== version) return false;
      await remove(name);
      return true;
    },
    removeAtOnce(names) {
      const removals = [...names].map((name) => remove(name).catch(() => undefined));
      leaving = Promise.all(removals);
    },
    async moveAside(name) {
      const found = await find(name);
      if (found === undefined) return undefined;
      let n = 1;
      while ((await find(`${name}.corrupt-${n}`)) !== undefined) n++;
      const aside = `${name}.corrupt-${n}`;
      await copy(`${bucket}/${root}${name}`, aside, found.version);
      await remove(name);
      return aside;
    },
    obstacle: async () => undefined,

    async adopt(source, name) {
      if (!isUrl(source.location)) return false;
      try {
        await copy(source.place(name).slice('s3://'.length), name);
        return true;
      } catch (error) {
        // The other bucket may be one that these credentials may read and the server may not copy from.
        if (failureOf(error instanceof BenchError ? error.cause : error).status === undefined) throw error;
        return false;
      }
    },
    async *leftovers() {
      const ask = <T>(what: (connected: Connection) => Promise<T>) => trying('', 'read', what);
      const before = (await now()) - unfinishedMs;
      for await (const upload of unfinishedUploads(ask, { Bucket: bucket, Prefix: root }, before)) {
        const name = upload.Key.slice(root.length);
        yield {
          place: `${place(name)}?uploadId=${upload.UploadId}`,
          bytes: await ask((connected) => bytesOfUpload(connected, upload)),
          remove: () =>
            trying(name, 'written', async ({ sdk, client }) => {
              await client.send(new sdk.AbortMultipartUploadCommand(upload));
            }),
        };
      }
    },
  };
}
