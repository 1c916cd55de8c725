import { dtypeOf, type NumericArray, sizeOf } from '@attribution-bench/contract';
import { bytesOf } from '@attribution-bench/store';
import type { Append } from '../folder-writer.js';

const descriptors = { float32: '<f4', float64: '<f8', int32: '<i4', uint8: '|u1' } as const;
const alignment = 64;

/**
 * Writes a NumPy file, format 1.0 (numpy.lib.format), in C order.
 * @param parts of the array in its order; all of one element type, together as many numbers as the shape says
 */
export async function writeNpy(
  append: Append,
  shape: readonly number[],
  parts: Iterable<NumericArray>,
  type: keyof typeof descriptors,
): Promise<void> {
  await append(npyHead(shape, type));
  let written = 0;
  for (const part of parts) {
    if (dtypeOf(part) !== type) throw new TypeError(`a part of a ${type} array is ${dtypeOf(part)}`);
    await append(bytesOf(part));
    written += part.length;
  }
  if (written !== sizeOf(shape)) throw new TypeError(`${written} numbers do not fill [${shape.join(', ')}]`);
}

function npyHead(shape: readonly number[], type: keyof typeof descriptors): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descriptors[type]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const head = Math.ceil((10 + text.length + 1) / alignment) * alignment;
  const bytes = Buffer.alloc(head, ' ');
  bytes.write('\x93NUMPY\x01\x00', 'latin1');
  bytes.writeUInt16LE(head - 10, 8);
  bytes.write(text, 10, 'latin1');
  bytes.write('\n', head - 1, 'latin1');
  return bytes;
}
