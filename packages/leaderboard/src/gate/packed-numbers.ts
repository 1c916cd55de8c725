import type { PackedNumbers } from './baseline.js';

const widths = { uint8: 1, uint16: 2, uint32: 4, float64: 8 } as const;

/** Packs numbers in the narrowest type that holds them exactly. */
export function packNumbers(values: ArrayLike<number>): PackedNumbers {
  const type = narrowest(values);
  const bytes = new DataView(new ArrayBuffer(values.length * widths[type]));
  for (let i = 0; i < values.length; i++) {
    if (type === 'uint8') bytes.setUint8(i, values[i]);
    else if (type === 'uint16') bytes.setUint16(2 * i, values[i], true);
    else if (type === 'uint32') bytes.setUint32(4 * i, values[i], true);
    else bytes.setFloat64(8 * i, values[i], true);
  }
  return { type, base64: Buffer.from(bytes.buffer).toString('base64') };
}

export function unpackNumbers({ type, base64 }: PackedNumbers): Float64Array {
  const buffer = Buffer.from(base64, 'base64');
  const bytes = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  return Float64Array.from({ length: Math.floor(buffer.byteLength / widths[type]) }, (_, i) => {
    if (type === 'uint8') return bytes.getUint8(i);
    if (type === 'uint16') return bytes.getUint16(2 * i, true);
    if (type === 'uint32') return bytes.getUint32(4 * i, true);
    return bytes.getFloat64(8 * i, true);
  });
}

function narrowest(values: ArrayLike<number>): PackedNumbers['type'] {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isInteger(values[i]) || values[i] < 0 || Object.is(values[i], -0)) return 'float64';
    largest = Math.max(largest, values[i]);
  }
  if (largest < 2 ** 8) return 'uint8';
  if (largest < 2 ** 16) return 'uint16';
  return largest < 2 ** 32 ? 'uint32' : 'float64';
}
