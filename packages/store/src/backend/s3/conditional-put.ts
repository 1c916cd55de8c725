import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { Connection } from './s3-client.js';
import { failureOf, isAbsent } from './s3-errors.js';

export type Condition = Pick<PutObjectCommandInput, 'IfNoneMatch' | 'IfMatch'>;

interface ConditionalPut {
  readonly at: { readonly Bucket: string; readonly Key: string };
  readonly content: Uint8Array;
  readonly condition: Condition;
  /** Names this write among all others, and is stored with the object. */
  readonly write: string;
}

/** Under which name an object says which write made it. */
export const writeName = 'write';

/**
 * One attempt at writing an object if a condition holds. Where an earlier attempt was stored and its answer lost, this one
 * fails its own condition, and what is stored says that it is of the same write.
 * @param mayBeDone whether there was an earlier attempt
 * @returns the version; undefined where the condition does not hold. Throws the server's error
 */
export async function conditionalPut(
  { sdk, client }: Connection,
  { at, content, condition, write }: ConditionalPut,
  mayBeDone: boolean,
): Promise<string | undefined> {
  try {
    const request = { ...at, ...condition, Body: content, Metadata: { [writeName]: write } };
    return (await client.send(new sdk.PutObjectCommand(request))).ETag;
  } catch (error) {
    const failure = failureOf(error);
    if (isAbsent(failure)) return undefined;
    if (failure.status !== 412) throw error;
    if (!mayBeDone) return undefined;
  }
  try {
    const found = await client.send(new sdk.HeadObjectCommand(at));
    return found.Metadata?.[writeName] === write ? found.ETag : undefined;
  } catch (error) {
    if (isAbsent(failureOf(error))) return undefined;
    throw error;
  }
}
