import { readFileSync } from 'node:fs';
import type { NdArray } from '@attribution-bench/contract';
import { parseNpy } from '@attribution-bench/tasks';

/** Reads a `.npy` fixture; errors as `parseNpy`. */
export function readNpy(path: string | URL): NdArray {
  return parseNpy(readFileSync(path), String(path));
}
