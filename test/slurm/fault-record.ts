import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A task of an array. */
export interface TaskName {
  readonly job: string;
  readonly index: number;
}

/** When a fault struck, in ms since 1970, and which tasks; none where it hit what is no task. */
export interface Strike {
  readonly at: number;
  readonly tasks: readonly TaskName[];
  /** Steps that it hit besides those of the packs of these tasks. */
  readonly steps?: readonly string[];
}

/** What a fault cost. */
export interface FaultCost {
  /** Steps that were done and done again. */
  readonly lost: number;
  /** Until a step of those that its tasks were to do began again, or was done all the same; 0 where it left none. */
  readonly seconds: number;
}

interface Told {
  readonly type: string;
  readonly at: number;
  readonly step?: string;
  readonly status?: string;
  readonly seconds?: number;
}

/** Reads off the events of all tasks of a run what a fault cost. @param submissions folders of its arrays */
export function costOf({ at, tasks, steps = [] }: Strike, submissions: readonly string[]): FaultCost {
  const all = submissions.flatMap((folder) => eventsOf(folder));
  const ends = all.filter(({ type, status }) => type === 'step-finished' && status === 'done');
  const done = new Set(ends.filter((event) => event.at <= at).map(({ step }) => step));
  const taken = new Set(
    submissions
      .flatMap((folder) => {
        const job = existsSync(join(folder, 'job')) ? readFileSync(join(folder, 'job'), 'utf8').trim() : '';
        const { packs } = JSON.parse(readFileSync(join(folder, 'submission.json'), 'utf8'));
        return tasks.filter((task) => task.job === job).flatMap(({ index }) => packs[index] as string[]);
      })
      .concat(steps)
      .filter((step) => !done.has(step)),
  );
  const again = [...ends, ...all.filter(({ type }) => type === 'step-started')].filter(
    (event) => event.at > at && taken.has(event.step ?? ''),
  );
  const firstAt = Math.min(...again.map((event) => event.at));
  return {
    lost: ends.length - new Set(ends.map(({ step }) => step)).size,
    seconds: again.length === 0 ? 0 : Math.max(0, (firstAt - at) / 1000),
  };
}

/** Events of all files of events in a folder and its folders. */
export function eventsOf(folder: string): Told[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ndjson'));
  return files.flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .flatMap((line): Told[] => {
        try {
          return [JSON.parse(line)];
        } catch {
          return [];
        }
      }),
  );
}
