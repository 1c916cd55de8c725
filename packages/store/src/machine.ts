import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { sha256 } from '@attribution-bench/contract';

let machineName: string | undefined;

/** Where a process id means something: host and, in containers, the namespace of process ids. */
export function machine(): string {
  if (machineName === undefined) {
    let namespace = '';
    try {
      namespace = readlinkSync('/proc/self/ns/pid');
    } catch {
      namespace = process.platform;
    }
    machineName = sha256(`${hostname()} ${namespace}`).slice(0, 8);
  }
  return machineName;
}

/** Whether a process of this machine is alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
