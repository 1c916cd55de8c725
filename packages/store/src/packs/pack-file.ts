import { canonicalJson, isObject, sha256 } from '@attribution-bench/contract';
import type { Backend } from '../backend/backend.js';
import { encodeArtifact, openArtifact, openArtifactBytes } from '../format/artifact.js';
import { headerOpening } from '../format/safetensors.js';
import { Malformed } from '../malformed.js';
import { checkIdentity } from '../store/artifact-identity.js';
import { type ArtifactCost, isCost } from '../store/cost.js';
import { packName, parsePackName } from '../store/names.js';

/**
 * Results of one kind in one object, a safetensors file whose arrays are whole artifacts by their keys, byte for byte as they
 * would be objects of their own. Each row has a checksum and a range of bytes, and carries checksums of its own besides, so
 * that what is damaged costs no other row. The metadata say what rows cost and which place in the grid they are for. The name
 * is the hash of the header and so of everything in it: who packs the same rows writes the same object.
 */
const format = 'bench/pack@1';

/** A result in a pack. */
export interface PackRow {
  readonly key: string;
  readonly artifact: Uint8Array;
  readonly cost?: ArtifactCost;
  readonly place?: string;
}

/** What the header of a pack says. */
export interface OpenPack {
  readonly name: string;
  /** ms since 1970 by the medium's clock. */
  readonly modifiedAt: number;
  /** By key. */
  readonly rows: ReadonlyMap<string, RowEntry>;
}

/** Where a row is. */
export interface RowEntry extends Pick<PackRow, 'cost' | 'place'> {
  /** Name of the pack, and its size. */
  readonly pack: string;
  readonly packBytes: number;
  /** ms since 1970 by the medium's clock. */
  readonly packedAt: number;
  readonly start: number;
  readonly end: number;
  readonly sha256: string;
}

export function encodePack(
  kind: string,
  rows: readonly PackRow[],
): { readonly name: string; readonly parts: Uint8Array[] } {
  const ordered = rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const costs = ordered.flatMap(({ key, cost }) => (cost === undefined ? [] : [[key, { ...cost }] as const]));
  const places = ordered.flatMap(({ key, place }) => (place === undefined ? [] : [[key, place] as const]));
  const parts = encodeArtifact({
    arrays: Object.fromEntries(ordered.map(({ key, artifact }) => [key, { shape: [artifact.length], data: artifact }])),
    metadata: {
      format,
      kind,
      costs: canonicalJson(Object.fromEntries(costs)),
      places: canonicalJson(Object.fromEntries(places)),
    },
  });
  return { name: packName(kind, sha256(parts[0])), parts };
}

/**
 * Reads and checks the header of a pack, not the rows; undefined where there is none of the name.
 * @throws Malformed, Changed, or the medium's error
 */
export async function openPack(backend: Backend, name: string): Promise<OpenPack | undefined> {
  const opened = await openArtifact(backend, name);
  if (opened === undefined) return undefined;
  const { arrays, metadata, size: packBytes, modifiedAt } = opened;
  if (metadata.format !== format) throw new Malformed(`is a pack of another format than ${format}`);
  if (metadata.kind !== parsePackName(name)?.kind) throw new Malformed('is a pack of results of another kind');
  const costs = members(metadata.costs);
  const places = members(metadata.places);
  const rows = Object.entries(arrays).map(([key, { start, end, sha256: digest }]): [string, RowEntry] => {
    const [cost, place] = [costs.get(key), places.get(key)];
    return [
      key,
      {
        pack: name,
        packBytes,
        packedAt: modifiedAt,
        start,
        end,
        sha256: digest,
        ...(isCost(cost) && { cost }),
        ...(typeof place === 'string' && { place }),
      },
    ];
  });
  return { name, modifiedAt, rows: new Map(rows) };
}

/**
 * The rows of a damaged pack that are sound. They are found by how artifacts begin, which no text or name in them can look
 * like, so that a damaged header costs none of them.
 */
export async function soundRows(kind: string, content: Uint8Array): Promise<PackRow[]> {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const starts: number[] = [];
  for (let at = buffer.indexOf(headerOpening); at >= 0; at = buffer.indexOf(headerOpening, at + 1)) starts.push(at - 8);
  const rows: PackRow[] = [];
  for (const [index, start] of starts.entries()) {
    const artifact = content.subarray(Math.max(0, start), starts[index + 1]);
    const key = await soundKey(kind, artifact);
    if (key !== undefined) rows.push({ key, artifact });
  }
  return rows;
}

/** The key of an artifact of a kind that is sound as a whole. */
export async function soundKey(kind: string, artifact: Uint8Array): Promise<string | undefined> {
  try {
    const opened = await openArtifactBytes(artifact);
    await opened.check();
    const key = sha256(opened.metadata.made ?? '');
    checkIdentity({ kind, key }, opened.metadata);
    return key;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** Members of a JSON object; none of what is no such text. */
function members(text: string | undefined): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return new Map(isObject(value) ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}
