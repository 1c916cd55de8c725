import { randomUUID } from 'node:crypto';
import { BenchError } from '@attribution-bench/contract';

export interface Probe {
  /** Writes an object if it does not exist or has a version; false where the server says that this is not so. */
  put(key: string, condition: { readonly IfNoneMatch: '*' } | { readonly IfMatch: string }): Promise<boolean>;
  remove(key: string): Promise<unknown>;
}

/**
 * Tries, with an object that goes again, whether a server keeps to the conditions of PUT: where it ignores them, two processes
 * would both believe that they have a claim.
 * @param place the bucket, for messages
 * @param server what it calls itself
 * @throws BenchError BUCKET_CONDITIONS, and what keeps the object from being written
 */
export async function requireConditions(
  { put, remove }: Probe,
  place: string,
  server: () => string | undefined,
): Promise<void> {
  const key = `.conditions-${randomUUID()}`;
  try {
    await put(key, { IfNoneMatch: '*' });
    if (await put(key, { IfNoneMatch: '*' })) throw ignores(place, server(), 'If-None-Match');
    if (await put(key, { IfMatch: `"${'0'.repeat(32)}"` })) throw ignores(place, server(), 'If-Match');
  } finally {
    await remove(key).catch(() => undefined);
  }
}

function ignores(place: string, server: string | undefined, header: string): BenchError {
  return new BenchError({
    code: 'BUCKET_CONDITIONS',
    place,
    message: `the server${server === undefined ? '' : ` (${server})`} does not heed ${header} of PUT, so that several processes could not divide the work`,
    next: 'use a server that has conditional writes (see docs/buckets.md), or a folder',
  });
}
