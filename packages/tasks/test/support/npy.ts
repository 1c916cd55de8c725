import { readFileSync } from 'node:fs';

/** Reads a NumPy 1.0 file of little-endian float32, float64 or int64 in C order. */
export function readNpy(file: string): { shape: number[]; data: Float64Array } {
  const bytes = readFileSync(new URL(`../../../../test/fixtures/${file}.npy`, import.meta.url));
  const header = bytes.toString('latin1', 10, 10 + bytes.readUInt16LE(8));
  const descr = /'descr': '([^']+)'/.exec(header)?.[1];
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').flatMap((dim) => {
    return dim.trim() === '' ? [] : [Number(dim)];
  });
  const body = bytes.subarray(10 + bytes.readUInt16LE(8));
  const width = descr === '<f4' ? 4 : 8;
  const read: Record<string, (at: number) => number> = {
    '<f4': (at) => body.readFloatLE(at),
    '<f8': (at) => body.readDoubleLE(at),
    '<i8': (at) => Number(body.readBigInt64LE(at)),
  };
  return {
    shape,
    data: Float64Array.from({ length: body.length / width }, (_, i) => read[descr as string](i * width)),
  };
}

export function readFloats(file: string): Float32Array {
  return Float32Array.from(readNpy(file).data);
}

export function readLabels(file: string): Int32Array {
  return Int32Array.from(readNpy(file).data);
}
