import type { NdArray } from '@attribution-bench/contract';

function withHead(descr: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(128, ' ');
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(118, 8);
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  head.write(`{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`, 10, 'latin1');
  head.write('\n', 127);
  return Buffer.concat([head, data]);
}

/** A NumPy file of floats. */
export function npy(shape: readonly number[], values: readonly number[], descr: '<f4' | '<f8' = '<f4'): Uint8Array {
  const data = descr === '<f4' ? Float32Array.from(values) : Float64Array.from(values);
  return withHead(descr, shape, new Uint8Array(data.buffer));
}

/** A NumPy file of texts, or of one. */
export function texts(values: readonly string[] | string): Uint8Array {
  const list = typeof values === 'string' ? [values] : values;
  const width = Math.max(1, ...list.map((text) => text.length));
  const data = new Uint32Array(list.length * width);
  for (const [row, text] of list.entries())
    for (let i = 0; i < text.length; i++) data[row * width + i] = text.charCodeAt(i);
  return withHead(`<U${width}`, typeof values === 'string' ? [] : [list.length], new Uint8Array(data.buffer));
}

/** A safetensors file as the library of that name writes it, without checksums. */
export function safetensors(
  arrays: Readonly<Record<string, NdArray<Float32Array> | NdArray<Float64Array>>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let offset = 0;
  const entries = Object.entries(arrays).map(([name, { shape, data }]) => {
    const start = offset;
    offset += data.byteLength;
    const dtype = data instanceof Float32Array ? 'F32' : 'F64';
    return [name, { dtype, shape, data_offsets: [start, offset] }];
  });
  const about = Object.keys(metadata).length === 0 ? {} : { __metadata__: metadata };
  const header = Buffer.from(JSON.stringify({ ...about, ...Object.fromEntries(entries) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const bytes = Object.values(arrays).map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([length, header, ...bytes]);
}
