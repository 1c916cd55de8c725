import { readFileSync } from 'node:fs';
import type { NdArray } from '@attribution-bench/contract';

/** A fixture in NumPy's format 1.0, little endian, C order; whole numbers of 64 bits come back as float64. */
export function readNpy(fixture: string): NdArray<Float64Array> {
  const bytes = readFileSync(new URL(`../../../../test/fixtures/${fixture}.npy`, import.meta.url));
  const headerLength = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + headerLength);
  const dtype = /'descr': '<([fi]\d)'/.exec(header)?.[1];
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').filter((size) => size.trim() !== '');
  const body = bytes.buffer.slice(bytes.byteOffset + 10 + headerLength, bytes.byteOffset + bytes.byteLength);
  const data =
    dtype === 'i8'
      ? Float64Array.from(new BigInt64Array(body), Number)
      : dtype === 'f4'
        ? Float64Array.from(new Float32Array(body))
        : new Float64Array(body);
  return { shape: shape.map(Number), data };
}
