import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addSparseOuterProduct, addSparseProduct, collectEntries } from '../src/matrices/sparse-matrix.js';
import { distanceOf, normals, productByDefinition } from './support/matrices.js';

const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 9 }),
  inputs: fc.integer({ min: 1, max: 5 }),
  outputs: fc.integer({ min: 1, max: 5 }),
  columns: fc.integer({ min: 1, max: 6 }),
});

test('a sparse product is that of the dense matrix, of rows as they are and of outer products', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), ({ batch, inputs, outputs, columns }, draw) => {
      const size = inputs * outputs;
      const offset = draw % size;
      const count = size - offset;
      const entries = collectEntries(2 * count, (add) => {
        for (let row = 0; row < count; row++) {
          add(row, (row + draw) % columns, row + 1);
          if (row % 2 === 0) add(row, row % columns, -0.5);
        }
      });
      const dense = new Float64Array(size * columns);
      for (const [e, row] of entries.rows.entries())
        dense[(offset + row) * columns + entries.columns[e]] += entries.values[e];
      const left = Float32Array.from(normals(1, batch * inputs));
      const right = Float32Array.from(normals(2, batch * outputs));
      const rows = Float32Array.from({ length: batch * size }, (_, at) => {
        const [row, place] = [Math.floor(at / size), at % size];
        return left[row * inputs + Math.floor(place / outputs)] * right[row * outputs + (place % outputs)];
      });
      const expected = productByDefinition(rows, dense, { m: batch, k: size, n: columns });

      const ofRows = new Float32Array(batch * columns);
      addSparseProduct(rows, entries, { batch, width: size, offset, columns }, ofRows);
      expect(distanceOf(ofRows, expected)).toBeLessThan(1e-3);
      const ofFactors = new Float32Array(batch * columns);
      addSparseOuterProduct(left, right, entries, { batch, outputs, offset, columns }, ofFactors);
      expect(distanceOf(ofFactors, expected)).toBeLessThan(1e-3);
    }),
  );
});
