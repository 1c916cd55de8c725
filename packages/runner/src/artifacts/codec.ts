import { BenchError } from '@attribution-bench/contract';
import type { Artifact, ArtifactOutput, ArtifactRef, Store } from '@attribution-bench/store';

/** How something is read from an artifact, or from a part of it. */
export interface ArtifactPart<T> {
  /** Arrays that it reads; absent: all of the artifact. */
  readonly names?: readonly string[];
  /** @throws Malformed when an array or text is missing or has another type or shape than was written */
  decode(artifact: Artifact): T;
}

/** How one kind of artifact is written and read. The same value is always the same bytes. */
export interface ArtifactCodec<T> extends ArtifactPart<T> {
  encode(value: T): Artifact;
}

/** Stores a result. @throws BenchError as the store's `write` */
export function writeArtifact<T>(
  store: Store,
  output: ArtifactOutput,
  codec: Pick<ArtifactCodec<T>, 'encode'>,
  value: T,
): Promise<void> {
  return store.write(output, codec.encode(value));
}

/**
 * Reads a result, or a part of it.
 * @throws BenchError STORE_MISSING, or STORE_CORRUPT once a file that is damaged or laid out otherwise is set aside
 */
export function readArtifact<T>(store: Store, ref: ArtifactRef, part: ArtifactPart<T>): Promise<T> {
  return store.decode(ref, (artifact) => part.decode(artifact), part.names);
}

/** What is read of results; undefined where one of them is missing, or damaged and set aside. */
export async function unlessLost<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isLostResult(error)) return undefined;
    throw error;
  }
}

/** Whether reading failed because a result is missing or damaged, so that making it again helps. */
export function isLostResult(error: unknown): boolean {
  return error instanceof BenchError && (error.code === 'STORE_MISSING' || error.code === 'STORE_CORRUPT');
}
