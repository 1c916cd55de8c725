import { runSlurm } from './slurm-program.js';

/** What Slurm has where its configuration does not say. */
const defaultSize = 1001;

/** How many tasks an array may have here. @throws BenchError SLURM_MISSING or SLURM_FAILED */
export async function mostInArray(): Promise<number> {
  return parseArrayLimit(await runSlurm('scontrol', ['show', 'config']));
}

/** The limit that `scontrol show config` prints: the largest index is one less, and ours begin with 0. */
export function parseArrayLimit(config: string): number {
  const size = /^MaxArraySize\s*=\s*(\d+)/m.exec(config)?.[1];
  return Math.max(1, Number(size ?? defaultSize));
}
