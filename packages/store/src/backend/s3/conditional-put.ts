import { randomUUID } from 'node:crypto';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { Retrying } from './retrying.js';
import type { Connection } from './s3-client.js';
import { failureOf, isAbsent } from './s3-errors.js';

export type Condition = Pick<PutObjectCommandInput, 'IfNoneMatch' | 'IfMatch'>;

/** Under which name an object says which write made it. */
const writeName = 'write';

/**
 * Writes an object if a condition holds. Each write has a name that is stored with the object: where an attempt was stored but
 * its answer was lost, the next one fails its own condition, and what is stored then says that it is ours.
 * @returns the version; undefined where the condition does not hold. Throws the last error
 */
export async function conditionalPut(
  { sdk, client }: Connection,
  retry: Retrying,
  at: { readonly Bucket: string; readonly Key: string },
  content: Uint8Array,
  condition: Condition,
): Promise<string | undefined> {
  const write = randomUUID();
  return retry(async (mayBeDone) => {
    try {
      const request = { ...at, ...condition, Body: content, Metadata: { [writeName]: write } };
      return (await client.send(new sdk.PutObjectCommand(request))).ETag;
    } catch (error) {
      const failure = failureOf(error);
      if (isAbsent(failure)) return undefined;
      if (failure.status !== 412) throw error;
      if (!mayBeDone) return undefined;
      const found = await client.send(new sdk.HeadObjectCommand(at)).catch((lost: unknown) => {
        if (isAbsent(failureOf(lost))) return undefined;
        throw lost;
      });
      return found?.Metadata?.[writeName] === write ? found.ETag : undefined;
    }
  });
}
