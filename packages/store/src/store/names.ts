import { sha256 } from '@attribution-bench/contract';
import type { ArtifactRef } from './artifact-ref.js';

/** What is kept of an artifact: itself, what making it cost, and who is making it. */
export type Ending = 'safetensors' | 'cost.json' | 'claim';

const kindPattern = /^[a-z][a-z-]{0,31}$/;
const keyPattern = /^[0-9a-f]{64}$/;
const namePattern =
  /^([a-z][a-z-]{0,31})\/[0-9a-f]{2}\/([0-9a-f]{64})\.(safetensors|cost\.json|claim)(\.corrupt-\d+)?$/;

/** `<kind>/<ab>/<key>.<ending>`. @throws TypeError when the reference cannot be that of an artifact */
export function nameOf({ kind, key }: ArtifactRef, ending: Ending): string {
  if (!kindPattern.test(kind) || !keyPattern.test(key)) throw new TypeError(`"${kind}/${key}" names no artifact`);
  return `${kind}/${key.slice(0, 2)}/${key}.${ending}`;
}

/** What the name of an object says; undefined for what is not of an artifact. */
export function parseName(
  name: string,
): (ArtifactRef & { readonly ending: Ending; readonly isAside: boolean }) | undefined {
  const match = namePattern.exec(name);
  if (match === null) return undefined;
  const [, kind, key, ending, aside] = match;
  return { kind, key, ending: ending as Ending, isAside: aside !== undefined };
}

const packPattern = /^([a-z][a-z-]{0,31})\/packs\/[0-9a-f]{64}\.pack(\.corrupt-\d+)?$/;

/** Where results of a kind are that are kept many to an object. */
export function packsFolder(kind: string): string {
  return `${kind}/packs`;
}

/** `<kind>/packs/<sha256>.pack` */
export function packName(kind: string, digest: string): string {
  return `${packsFolder(kind)}/${digest}.pack`;
}

/** An object that names the newest pack of a kind, and is written after each: as long as it is the same, there is no newer one. */
export function newestPackName(kind: string): string {
  return `${packsFolder(kind)}/newest`;
}

/** What the name of a pack says; undefined for what is none. */
export function parsePackName(name: string): { readonly kind: string; readonly isAside: boolean } | undefined {
  const match = packPattern.exec(name);
  return match === null ? undefined : { kind: match[1], isAside: match[2] !== undefined };
}

/** Where the parts of some code are noted under its hash: `code/<ab>/<hash>.json`. */
export function codeName(hash: string): string {
  return `code/${hash.slice(0, 2)}/${hash}.json`;
}

export const latestFolder = 'latest';

/** Where it is noted what the newest artifact for a place in the grid was made from: `latest/<ab>/<hash>.json`. */
export function latestName(place: string): string {
  const key = sha256(place);
  return `${latestFolder}/${key.slice(0, 2)}/${key}.json`;
}
