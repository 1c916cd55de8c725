import { expect, test } from 'vitest';
import { count, formatBytes, formatDuration, formatParams } from '../src/text/format.js';
import { table, wrap } from '../src/text/table.js';

test.each([
  [0.04, '0.0s'],
  [14.06, '14.1s'],
  [59.94, '59.9s'],
  [59.96, '1m 00s'],
  [125, '2m 05s'],
  [3599.6, '1h 00m'],
  [11520, '3h 12m'],
])('%d seconds read as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [312 * 2 ** 20, '312 MiB'],
  [2.1 * 2 ** 30, '2.1 GiB'],
])('%d bytes read as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test('counts agree with their noun, parameters read as name=value', () => {
  expect([count(1, 'cell'), count(0, 'cell')]).toEqual(['1 cell', '0 cells']);
  expect(formatParams({ projDim: 512, timesteps: [10, 100] })).toBe('projDim=512 timesteps=10,100');
});

test('columns of numbers are aligned to the right', () => {
  expect(
    table(
      ['task', 'n', 'note'],
      [
        ['digits', 900, ''],
        ['mnist', 60000, 'large'],
      ],
    ),
  ).toBe('task        n  note\ndigits    900\nmnist   60000  large');
});

test('wrapped text keeps within its width, and a word that is longer stands alone', () => {
  expect(wrap('a few words and an extraordinarily-long-one at last', 16, '  ')).toBe(
    '  a few words\n  and an\n  extraordinarily-long-one\n  at last',
  );
});
