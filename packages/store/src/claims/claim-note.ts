import type { PlainError } from '@attribution-bench/contract';
import type { Backend } from '../backend/backend.js';
import { readSmall } from '../backend/small-objects.js';
import { isAlive, machine } from '../machine.js';

/** What stands in a claim. */
export interface ClaimNote {
  readonly machine?: string;
  readonly pid?: number;
  /** For people who read the file. */
  readonly host?: string;
  /** The job of a cluster's scheduler that the process is. */
  readonly job?: string;
  /** How often it was renewed. */
  readonly renewed?: number;
  /** Where it failed, and how; with `ended`, nobody is at it any more. */
  readonly failures?: readonly { readonly machine: string; readonly error: PlainError }[];
  readonly ended?: true;
}

/** A claim as it was found. */
export interface FoundClaim {
  /** Empty for one that cannot be read or understood. */
  readonly note: ClaimNote;
  /** Undefined for what is no object at all. */
  readonly version?: string;
  /** Another one after every renewal. */
  readonly state: string;
  readonly modifiedAt: number;
}

/** Larger ones are none of ours. */
const maxClaimBytes = 1 << 16;

/** The bytes of a claim. */
export function encodeClaim(note: ClaimNote): Uint8Array {
  return Buffer.from(JSON.stringify(note));
}

/** A claim; undefined when it is gone. One that cannot be read says nothing. */
export async function readClaim(backend: Backend, name: string): Promise<FoundClaim | undefined> {
  try {
    const found = await readSmall(backend, name, maxClaimBytes);
    if (found !== undefined) {
      const text = Buffer.from(found.content).toString('utf8');
      const { version, modifiedAt } = found;
      return { note: parseClaim(text), version, state: `${version} ${text}`, modifiedAt };
    }
  } catch {
    const found = await backend.find(name).catch(() => undefined);
    if (found !== undefined) return { note: {}, ...found, state: found.version };
  }
  const obstacle = await backend.obstacle(name);
  if (obstacle?.name !== name) return undefined;
  return { note: {}, state: obstacle.version, modifiedAt: obstacle.modifiedAt };
}

/** Whether a claim is one of a process of this machine that is gone. */
export function isOfTheDead({ machine: where, pid }: ClaimNote): boolean {
  return where === machine() && pid !== undefined && !isAlive(pid);
}

/** For how long a claim counts where there is no time to watch whether it is renewed. */
const unwatchedMs = 24 * 3600 * 1000;

/** Whether somebody may still be at what a claim is for, as far as one look tells. */
export async function isInUse(backend: Backend, name: string): Promise<boolean> {
  const found = await readClaim(backend, name);
  if (found === undefined || found.note.ended === true || isOfTheDead(found.note)) return false;
  return Math.abs((await backend.now()) - found.modifiedAt) < unwatchedMs;
}

function parseClaim(text: string): ClaimNote {
  try {
    const note: unknown = JSON.parse(text);
    return typeof note === 'object' && note !== null ? note : {};
  } catch {
    return {};
  }
}
