import type { RowBlock } from '@attribution-bench/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addRowProducts, blocksOf, collectRows, rowSlabs, squaredNorms, unitRows } from '../src/index.js';

/** A stream that, like a context's, reuses one buffer for all its blocks. */
async function* reusing(data: Float32Array, cols: number, maxRows: number): AsyncGenerator<RowBlock> {
  const buffer = new Float32Array(maxRows * cols);
  for await (const block of blocksOf(data, cols, maxRows)) {
    buffer.set(block.data);
    yield { ...block, data: buffer.subarray(0, block.rows * cols) };
  }
}

const values = (length: number) => Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(i * 12.9898) * 3));

test('inner products do not depend on how rows are blocked', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 200 }),
      async (leftRows, rightRows, cols, leftBlock, rightBlock, slabBytes) => {
        const left = values(leftRows * cols);
        const right = values(rightRows * cols + 3).subarray(3);
        const into = new Float32Array(leftRows * rightRows).fill(1);
        const shares: number[] = [];
        await addRowProducts({
          left: reusing(left, cols, leftBlock),
          leftRows,
          right: () => reusing(right, cols, rightBlock),
          rightRows,
          slabBytes,
          into,
          scale: -2,
          onBlock: (share) => shares.push(share),
        });
        for (let i = 0; i < leftRows; i++) {
          for (let j = 0; j < rightRows; j++) {
            let dot = 0;
            for (let k = 0; k < cols; k++) dot += left[i * cols + k] * right[j * cols + k];
            expect(into[i * rightRows + j]).toBeCloseTo(1 - 2 * dot, 3);
          }
        }
        expect(shares).toEqual([...shares].sort((a, b) => a - b));
        expect(shares.at(-1)).toBe(1);
      },
    ),
    { numRuns: 40 },
  );
});

test('unit rows have length 1 and rows of zeros stay', async () => {
  const data = Float32Array.of(3, 4, 0, 0, 1e-20, 0);
  const rows = await collectRows(unitRows(blocksOf(data.slice(), 2, 2)), 3);
  const expected = [0.6, 0.8, 0, 0, 1, 0];
  for (const [i, value] of rows.data.entries()) expect(value).toBeCloseTo(expected[i], 6);
  expect([...squaredNorms({ start: 0, rows: 2, cols: 2, data: data.slice(0, 4) })]).toEqual([25, 0]);
});

test('a stream that ends early or skips rows is an error', async () => {
  await expect(collectRows(blocksOf(values(6), 2, 2), 4)).rejects.toThrow('ended after 3 of 4 rows');
  const skipping = async function* () {
    yield { start: 1, rows: 1, cols: 2, data: values(2) };
  };
  await expect(rowSlabs(skipping(), 2, 100).next()).rejects.toThrow('follow row 0');
});
