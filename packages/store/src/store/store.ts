import type { NdArray } from '@attribution-bench/contract';
import type { Backend } from '../backend/backend.js';
import type { Artifact } from '../format/artifact.js';
import type { GatheredRow } from '../packs/gathered-row.js';
import type { Packed, RowToPack } from '../packs/pack-loose.js';
import type { ArtifactOutput, ArtifactRef } from './artifact-ref.js';
import type { Collected } from './collect-garbage.js';
import type { ArtifactCost } from './cost.js';

/**
 * Artifacts, `<kind>/<ab>/<key>.safetensors`, safe to share between processes, to copy and to delete. Each holds what it was
 * made from, and its name is the hash of that: what is read is sound and what was asked for, or is set aside. Small ones may be
 * packed, many of a kind as one object `<kind>/packs/<sha256>.pack`; whoever reads them need not know.
 */
export interface Store {
  /** What opens the same store in another thread or process: a path or URL. */
  readonly location: string;
  /** What keeps it. */
  readonly backend: Backend;
  /** Path or URL of an artifact, stored or not, for messages. */
  place(ref: ArtifactRef): string;
  /** Whether there is an object of its name or a row of a pack, whatever is in it. @throws BenchError STORE_READ */
  has(ref: ArtifactRef): Promise<boolean>;
  /** Keys of a kind that {@link has} is true of, by listing: one look for many. @throws BenchError STORE_READ */
  keysOf(kind: string): Promise<ReadonlySet<string>>;
  /** Keys of a kind that are objects of their own. @throws BenchError STORE_READ */
  looseKeys(kind: string): Promise<ReadonlySet<string>>;
  /**
   * Writes a pack of small artifacts of a kind that were gathered, or that are objects of their own, which stay until they are
   * cleared. @throws BenchError as `write`
   */
  pack(kind: string, rows: readonly RowToPack[]): Promise<Packed>;
  /**
   * Puts packs of a kind that have fewer rows than `rowsPerPack` together. The function that comes back removes them.
   * @throws BenchError as `write`, STORE_READ
   */
  joinPacks(kind: string, rowsPerPack: number): Promise<() => Promise<void>>;
  /**
   * Stores an artifact with what it was made from. Whatever else is in its place is set aside.
   * @throws BenchError STORE_FULL, STORE_UNWRITABLE, STORE_WRITE, what was stored before stays; TypeError when the key is
   * not that of `made`
   */
  write(output: ArtifactOutput, artifact: Artifact): Promise<void>;
  /** Stores an artifact that was gathered (`gatherRows`) and is not to be packed. @throws BenchError as `write` */
  writeRow(row: ArtifactRef & GatheredRow): Promise<void>;
  /** Stores an artifact of another store, as it is there and unchecked. @throws BenchError as `write`, RangeError when it is gone */
  copyFrom(source: Store, ref: ArtifactRef): Promise<void>;
  /**
   * The whole artifact, checked, with what it was made from as `made` in its metadata.
   * @throws BenchError STORE_MISSING, or STORE_CORRUPT once the bad object is set aside
   */
  read(ref: ArtifactRef): Promise<Artifact>;
  /** Some of an artifact's arrays, each checked, and its metadata. @throws as `read` */
  readArrays(ref: ArtifactRef, names: readonly string[]): Promise<Artifact>;
  /**
   * What `decode` makes of an artifact's metadata and of those of the named arrays (default: all) that it has. Where that
   * throws {@link Malformed}, the artifact is set aside like one that is damaged. @throws as `read`
   */
  decode<T>(ref: ArtifactRef, decode: (artifact: Artifact) => T, names?: readonly string[]): Promise<T>;
  /**
   * Fills an array of the caller's, such as one in memory that threads share, with the one of an artifact, checked. The artifact is
   * set aside where it has another type or shape. @throws as `read`
   */
  fill(ref: ArtifactRef, name: string, into: NdArray): Promise<void>;
  /** The metadata, with the header checked but not the arrays. @throws as `read` */
  readMetadata(ref: ArtifactRef): Promise<Artifact['metadata']>;
  /**
   * Whether the artifact is stored, sound and what its name says. Those of more than `deepBytes` (default: none) are checked by
   * header and length only: their arrays are checked when they are read.
   */
  isSound(ref: ArtifactRef, deepBytes?: number): Promise<boolean>;
  /** What making it cost; kept beside the artifact because two runs never cost the same. A power cut may lose it. */
  writeCost(ref: ArtifactRef, cost: ArtifactCost): Promise<void>;
  readCost(ref: ArtifactRef): Promise<ArtifactCost | undefined>;
  /** Notes what the newest artifact for a place in the grid was made from. A power cut may lose that. @throws BenchError as `write` */
  writeLatest(place: string, made: ArtifactOutput['made']): Promise<void>;
  /** What that was; undefined where nothing is noted or the note is damaged. @throws BenchError STORE_READ */
  readLatest(kind: string, place: string): Promise<ArtifactOutput['made'] | undefined>;
  /** Tells of which places of these kinds of artifacts something is noted, by listing. @throws BenchError STORE_READ */
  notedPlaces(kinds: Iterable<string>): Promise<(place: string) => boolean>;
  /** Notes once what the code of a hash consists of. @throws BenchError as `write` */
  writeCode(hash: string, parts: CodeParts): Promise<void>;
  /** What that was; undefined where nothing is noted or the note is damaged. @throws BenchError STORE_READ */
  readCode(hash: string): Promise<CodeParts | undefined>;
  /** Everything stored: first what are objects of their own in order of kind and key, then what is packed. */
  list(kind?: string): AsyncIterable<StoredArtifact>;
  /**
   * Artifacts whose key is not in `keep`, objects set aside, leftovers, claims that nobody holds; removes them when told to.
   */
  collect(keep: ReadonlySet<string>, options: { readonly remove: boolean }): Promise<Collected>;
}

/** Hashes of the modules that some code consists of, by their names, and versions of packages. */
export type CodeParts = Readonly<Record<string, string>>;

export interface StoredArtifact extends ArtifactRef {
  /** Path or URL. */
  readonly place: string;
  readonly bytes: number;
}
