import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { RunEvent } from './events.js';

/** A file that events are appended to, a line each. */
export interface EventFile {
  /** A file that can no longer be written ends without ending the run. Not every event is worth a line. */
  write(event: RunEvent): void;
  close(): void;
}

const heartbeatEveryMs = 10_000;

/**
 * Opens a file of events, which may be one that another run began: a line that it was killed in is ended first.
 * @throws the system's error when it cannot be opened
 */
export function openEventFile(path: string): EventFile {
  let file: number | undefined = openSync(path, 'a+');
  if (endsInLine(file)) writeSync(file, '\n');
  let lastHeartbeat = 0;
  return {
    write(event) {
      if (file === undefined || event.type === 'step-progress') return;
      if (event.type === 'heartbeat') {
        if (event.at - lastHeartbeat < heartbeatEveryMs) return;
        lastHeartbeat = event.at;
      }
      try {
        writeSync(file, `${JSON.stringify(event)}\n`);
      } catch {
        this.close();
      }
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** Events of whole lines; what is not one is passed over. */
export function parseEvents(text: string): RunEvent[] {
  return text.split('\n').flatMap((line): RunEvent[] => {
    try {
      const event: RunEvent | null = line === '' ? null : JSON.parse(line);
      return event === null ? [] : [event];
    } catch {
      return [];
    }
  });
}

/** Whether what is in a file so far ends in the middle of a line. */
function endsInLine(file: number): boolean {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
}
