import type { NdArray } from '@attribution-bench/contract';
import { bytesOf, encodeHeader } from '@attribution-bench/store';
import type { Append } from '../folder-writer.js';

/** Writes arrays by name as a safetensors file. */
export async function writeSafetensors(
  append: Append,
  arrays: Readonly<Record<string, NdArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { head, order } = encodeHeader(arrays, metadata);
  await append(head);
  for (const data of order) await append(bytesOf(data));
}
