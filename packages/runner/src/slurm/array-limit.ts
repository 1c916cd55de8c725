import type { PackArray } from './pack-steps.js';
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

/**
 * Arrays no larger than the scheduler takes, each with how many of its tasks may run at a time.
 * @param most tasks of an array
 * @param tasks that run at a time
 */
export function splitArrays(
  arrays: readonly PackArray[],
  most: number,
  tasks: number,
): (PackArray & { readonly limit: number })[] {
  return arrays.flatMap((array) => {
    const parts = Math.ceil(array.packs.length / most);
    const size = Math.ceil(array.packs.length / parts);
    const limit = Math.max(1, Math.floor(tasks / parts));
    return Array.from({ length: parts }, (_, part) => ({
      ...array,
      packs: array.packs.slice(part * size, (part + 1) * size),
      limit,
    }));
  });
}
