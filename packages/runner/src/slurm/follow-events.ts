import { open } from 'node:fs/promises';
import { parseEvents } from '../journal/event-file.js';
import type { RunEvent } from '../journal/events.js';

/** Reads a file of events as it grows. */
export interface FollowedEvents {
  /** Events of the lines that were added since the last time; none while there is no such file. */
  read(): Promise<RunEvent[]>;
}

export function followEvents(path: string): FollowedEvents {
  let offset = 0;
  let begun = Buffer.alloc(0);
  return {
    async read() {
      const added = await readFrom(path, offset);
      offset += added.length;
      const all = Buffer.concat([begun, added]);
      const end = all.lastIndexOf('\n') + 1;
      begun = all.subarray(end);
      return parseEvents(all.subarray(0, end).toString('utf8'));
    },
  };
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { size } = await file.stat();
    const added = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await file.read(added, 0, added.length, offset);
    return added.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
