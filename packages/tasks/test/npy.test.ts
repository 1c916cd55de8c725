import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseNpy } from '../src/data/npy.js';

const files: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/npy/files.json'), 'utf8'),
);
const bytesOf = (name: string) => new Uint8Array(Buffer.from(files[name], 'base64'));

describe('what NumPy writes is read', () => {
  const wholes = Object.keys(files).filter((name) => name !== 'halves');
  test.each(wholes)('%s', (name) => {
    const { shape, data } = parseNpy(bytesOf(name), name);
    expect(shape).toEqual([2, 2, 3]);
    expect([...data]).toEqual(Array.from({ length: 12 }, (_, i) => (name === 'bool' ? Math.min(i, 1) : i)));
  });

  test('half precision: normal, subnormal and largest numbers', () => {
    expect([...parseNpy(bytesOf('halves'), 'halves').data]).toEqual([
      1.5,
      -2.25,
      1023 * 2 ** -24,
      2 ** -24,
      65504,
      0.0999755859375,
    ]);
  });
});

describe('what is no array of numbers is refused by name', () => {
  const withHeader = (header: string, data = 0): Uint8Array => {
    const text = Buffer.from(`${header}\n`, 'latin1');
    const length = Buffer.alloc(2);
    length.writeUInt16LE(text.length);
    return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, text, Buffer.alloc(data)]);
  };
  const of = (descr: string, shape = '(1,)') => `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;
  test.each([
    ['complex', of("'<c8'"), 'holds elements of type <c8'],
    ['text', of("'<U3'"), 'holds elements of type <U3'],
    ['objects', of("'|O'"), 'holds elements of type |O'],
    ['long double', of("'<f16'"), 'holds elements of type <f16'],
    ['records', of("[('a', '<f4'), ('b', '<f4')]"), 'holds records of several fields'],
    ['a shape beyond all memory', of("'<f4'", '(9007199254740992, 9007199254740992)'), 'has an unreadable shape'],
    ['a shape that is none', of("'<f4'", '(-1,)'), 'has an unreadable shape'],
    ['no header', '{}', 'has an unreadable header'],
  ])('%s', (_, header, message) => {
    expect(() => parseNpy(withHeader(header), 'a.npy')).toThrow(message);
  });

  test('a number that its array cannot hold', () => {
    const bytes = Buffer.from(bytesOf('u4'));
    bytes.writeUInt32LE(2 ** 32 - 1, bytes.length - 4);
    expect(() => parseNpy(bytes, 'a.npy')).toThrow('holds 4294967295, which no 32-bit integer can hold');
  });

  test('a truncated header and truncated data', () => {
    const whole = bytesOf('f4');
    expect(() => parseNpy(whole.subarray(0, 60), 'a.npy')).toThrow('is truncated');
    expect(() => parseNpy(whole.subarray(0, whole.length - 1), 'a.npy')).toThrow('holds 47 bytes of data, expected 48');
  });
});
