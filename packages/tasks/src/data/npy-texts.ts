import { sizeOf } from '@attribution-bench/contract';
import { npyInvalid, npyOutline } from './npy.js';

const bytesOfCharacter = 4;

/**
 * Parses a NumPy file of texts (`<U12` and the like, with up to one axis), as `numpy.array(["a", "b"])` is saved.
 * @param place the file, for messages
 * @throws BenchError NPY_INVALID naming the file and what is wrong with it
 */
export function parseNpyTexts(bytes: Uint8Array, place: string): string[] {
  const outline = npyOutline(bytes, place);
  if (outline === undefined) throw npyInvalid(place, `is truncated: its header ends after its ${bytes.length} bytes`);
  const { descr, shape, start } = outline;
  const [, order, length] = /^([<>])U(\d{1,6})$/.exec(descr) ?? [];
  if (order === undefined) throw npyInvalid(place, `holds elements of type ${descr}, and no texts`, 'save str(...)');
  if (shape.length > 1) throw npyInvalid(place, `holds texts in ${shape.length} axes`, 'save a list of texts');
  const width = Number(length) * bytesOfCharacter;
  const count = sizeOf(shape);
  if (bytes.length - start !== count * width)
    throw npyInvalid(place, `holds ${bytes.length - start} bytes of data, expected ${count * width} of ${count} texts`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, count * width);
  return Array.from({ length: count }, (_, index) => {
    let text = '';
    for (let at = index * width; at < (index + 1) * width; at += bytesOfCharacter) {
      const code = view.getUint32(at, order === '<');
      if (code === 0) break;
      if (code > 0x10ffff) throw npyInvalid(place, `holds ${code} in text ${index}, which is not a character`);
      text += String.fromCodePoint(code);
    }
    return text;
  });
}
