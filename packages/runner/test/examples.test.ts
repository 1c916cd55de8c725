import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { openStore } from '@attribution-bench/store';
import { describe, expect, it } from 'vitest';
import { boardExamples } from '../src/index.js';
import { pngUrl } from '../src/report/examples/png.js';
import { scoreStep } from '../src/steps/kinds/score.js';
import { openPointMemory } from '../src/steps/point-memory.js';
import { readData } from '../src/steps/read-data.js';
import { temporaryFolder } from './support/folder.js';
import { finishedCopy, grid, gridOf, plan, rowsOf, run, small, using } from './support/run.js';

const digits = gridOf('random', using('same-class')).replace('synthetic', 'digits');

describe('examples of a board', () => {
  it('are the training images with the largest and smallest scores, as pictures', async () => {
    const results = temporaryFolder();
    const planned = await plan(await grid(digits), results);
    await run(planned);
    const rows = rowsOf(planned);
    const [examples, ...others] = await boardExamples(planned, rows);
    expect(others).toEqual([]);
    expect(examples.task).toBe('a');
    expect(examples.queries.map(({ query }) => query)).toEqual([0, 2, 4]);
    const [source] = planned.steps.flatMap((step) => {
      const task = scoreStep.jobOf(step)?.task;
      return task?.spec === undefined ? [] : [task];
    });
    const data = await readData(openStore(join(results, 'store')), source, openPointMemory());
    for (const { query, label, picture, methods } of examples.queries) {
      expect(label).toBe(data.queryLabels[query]);
      const shown = pixels(examples.pictures[picture]);
      const inputs = data.queryInputs.subarray(query * 64, (query + 1) * 64);
      expect(shown).toEqual(Array.from(inputs, (value) => Math.round(value * 255)));
      expect(methods.map(({ entry }) => entry)).toEqual(rows.map(({ entry }) => entry));
      for (const { top, bottom } of methods) {
        expect(top.map(({ score }) => score)).toEqual(top.map(({ score }) => score).sort((a, b) => b - a));
        expect(bottom.map(({ score }) => score)).toEqual(bottom.map(({ score }) => score).sort((a, b) => a - b));
        for (const point of [...top, ...bottom]) expect(point.label).toBe(data.labels[point.index]);
      }
      const [same] = methods.slice(-1);
      expect(same.top.slice(0, 3).every((point) => point.label === label)).toBe(true);
    }
    expect(await boardExamples(planned, rows)).toEqual([examples]);
  });

  it('are left out for tasks without images', async () => {
    const planned = await plan(await grid(small), await finishedCopy());
    expect(await boardExamples(planned, rowsOf(planned))).toEqual([]);
  });
});

it.each([1, 3] as const)('writes PNG files with %d channels', (channels) => {
  const values = Uint8Array.from({ length: 5 * 3 * channels }, (_, i) => (i * 37) % 256);
  expect(pixels(pngUrl(values, [3, 5, channels]))).toEqual([...values]);
});

/** Pixels of a PNG file whose lines are not filtered; its last chunk has the checksum that every PNG file ends in. */
function pixels(url: string): number[] {
  const file = Buffer.from(url.replace('data:image/png;base64,', ''), 'base64');
  expect(file.subarray(0, 16).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n\0\0\0\rIHDR');
  expect(file.subarray(-12).toString('hex')).toBe('0000000049454e44ae426082');
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  const lines = inflateSync(file.subarray(41, -16));
  const line = lines.length / height;
  expect((line - 1) % width).toBe(0);
  return [...lines].filter((_, i) => i % line > 0);
}
