import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { BenchError, int, list } from '@attribution-bench/contract';
import { defineDataset, type Partition, pointParams } from './dataset.js';

const file = new URL('../../data/digits.csv.gz', import.meta.url);
const rows = 1797;
const pixels = 64;
const maxPixel = 16;
const classNames = Array.from({ length: 10 }, (_, digit) => String(digit));

/** UCI handwritten digits, 8×8, pixels divided by 16: shipped with the package. */
export const digits = defineDataset({
  id: 'digits',
  title: 'UCI handwritten digits, 8×8',
  licence: 'CC BY 4.0',
  home: 'https://archive.ics.uci.edu/ml/datasets/Optical+Recognition+of+Handwritten+Digits',
  params: {
    ...pointParams({ train: 900, queries: 100 }),
    classes: list(int({ min: 0, max: 9, help: 'a digit' }), { default: [], help: 'digits to keep; none named: all' }),
  },
  async load() {
    const train = parseDigits(await readFile(file), 'digits.csv.gz');
    return { inputShape: [pixels], classNames, pixels: true, train };
  },
});

/**
 * Reads gzipped rows of 64 pixels (0 to 16) and a digit.
 * @throws BenchError DATA_CORRUPT naming the line
 */
export function parseDigits(gzipped: Uint8Array, place: string): Partition {
  const corrupt = (message: string, cause?: unknown) =>
    new BenchError({
      code: 'DATA_CORRUPT',
      place,
      message,
      next: 'restore the file from the package',
      cause,
    });
  let lines: string[];
  try {
    lines = gunzipSync(gzipped).toString('latin1').trimEnd().split('\n');
  } catch (cause) {
    throw corrupt('is truncated or not a gzip file', cause);
  }
  if (lines.length !== rows) throw corrupt(`has ${lines.length} rows, expected ${rows}`);
  const values = new Uint8Array(rows * pixels);
  const labels = new Uint8Array(rows);
  for (const [row, line] of lines.entries()) {
    const cells = line.split(',').map(Number);
    if (cells.length !== pixels + 1) {
      throw corrupt(`line ${row + 1} has ${cells.length} values, expected ${pixels + 1}`);
    }
    const label = cells.pop() as number;
    const inRange = (value: number, max: number) => Number.isInteger(value) && value >= 0 && value <= max;
    if (!inRange(label, 9)) throw corrupt(`line ${row + 1} has label ${label}, expected a digit`);
    const wrong = cells.find((value) => !inRange(value, maxPixel));
    if (wrong !== undefined) throw corrupt(`line ${row + 1} has pixel ${wrong}, expected 0 to ${maxPixel}`);
    values.set(cells, row * pixels);
    labels[row] = label;
  }
  return { name: 'row', values, scale: 1 / maxPixel, labels };
}
