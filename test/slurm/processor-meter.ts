import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Processor seconds of some processes and all that they start, by a control group of their own. */
export interface ProcessorMeter {
  /** A process that writes its id into this file is measured from then on. */
  readonly file: string;
  readonly seconds: number;
  add(pids: readonly number[]): void;
  /** Once its processes have ended. */
  close(): void;
}

const root = '/sys/fs/cgroup/cpuacct';

/** @throws where control groups of version 1 cannot be made */
export function openProcessorMeter(name: string): ProcessorMeter {
  const folder = join(root, `bench-${process.pid}-${name}`);
  mkdirSync(folder);
  const file = join(folder, 'cgroup.procs');
  return {
    file,
    get seconds() {
      return Number(readFileSync(join(folder, 'cpuacct.usage'), 'utf8')) / 1e9;
    },
    add(pids) {
      for (const pid of pids) writeFileSync(file, String(pid));
    },
    close: () => rmdirSync(folder),
  };
}
