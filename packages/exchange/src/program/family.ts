import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process of a program. */
export interface Member {
  readonly pid: number;
  readonly rssBytes: number;
  /** Its name, as the system has it. */
  readonly name: string;
}

/** The processes that a program consists of. */
export interface Family {
  /** Those that live, but for the guard; none where the system does not tell. */
  members(): Member[];
  /** Ends them all, the guard included. */
  end(): void;
}

/** Variable that all processes of a program inherit, those too that leave its group. */
export const familyVariable = 'ATTRIBUTION_BENCH_PROGRAM';
const pageBytes = 4096;
const mostRounds = 50;

/**
 * What belongs to a program is known by its group; outside of that by the mark in its environment, or by working in the
 * program's folder. One that leaves all three is a stranger.
 * @param guard leader of the program's group
 * @param mark value of {@link familyVariable}, of this program alone
 * @param folder of this program alone
 */
export function familyOf(guard: number, mark: string, folder: string): Family {
  /** Processes outside of the group by their start, and whether they are of the program: looked up once. */
  const strangers = new Map<string, boolean>();
  const members = (): Member[] =>
    processes().flatMap(({ pid, group, start, ...member }) => {
      if (pid === guard) return [];
      if (group === guard) return [{ pid, ...member }];
      const stranger = `${pid} ${start}`;
      let marked = strangers.get(stranger);
      if (marked === undefined) {
        marked = carries(pid, `${familyVariable}=${mark}`) || worksIn(pid, folder);
        strangers.set(stranger, marked);
      }
      return marked ? [{ pid, ...member }] : [];
    });
  return {
    members,
    end() {
      // One that starts others while it is being ended takes several rounds.
      for (let round = 0; round < mostRounds; round++) {
        const left = members();
        if (left.length === 0) break;
        for (const { pid } of left) kill(pid);
      }
      // Last, since it may be the guard itself that does this.
      kill(-guard);
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

interface Process extends Member {
  readonly group: number;
  /** Clock ticks since the machine started. */
  readonly start: string;
}

/** All processes that are not dead yet, from Linux's /proc; where there is none nothing is known. */
function processes(): Process[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.flatMap((entry): Process[] => {
    if (!/^\d+$/.test(entry)) return [];
    const stat = textOf(`/proc/${entry}/stat`);
    const [, name, rest] = /^\d+ \((.*)\) (.*)/s.exec(stat) ?? [];
    if (rest === undefined) return [];
    const fields = rest.split(' ');
    const [state, , group] = fields;
    if (state === 'Z' || state === 'X') return [];
    return [
      { pid: Number(entry), name, group: Number(group), start: fields[19], rssBytes: Number(fields[21]) * pageBytes },
    ];
  });
}

function carries(pid: number, variable: string): boolean {
  return textOf(`/proc/${pid}/environ`).split('\0').includes(variable);
}

function worksIn(pid: number, folder: string): boolean {
  try {
    const found = readlinkSync(`/proc/${pid}/cwd`);
    return found === folder || found.startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
