/** Entries of a sparse matrix that multiplies rows from the right: entry e takes element `rows[e]` to `columns[e]`. */
export interface SparseEntries {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** Entries in the order in which they are added, up to a number of them that is known before. */
export function collectEntries(
  most: number,
  fill: (add: (row: number, column: number, value: number) => void) => void,
): SparseEntries {
  const rows = new Int32Array(most);
  const columns = new Int32Array(most);
  const values = new Float32Array(most);
  let count = 0;
  fill((row, column, value) => {
    rows[count] = row;
    columns[count] = column;
    values[count] = value;
    count++;
  });
  return { rows: rows.subarray(0, count), columns: columns.subarray(0, count), values: values.subarray(0, count) };
}

/**
 * out += dense · S. Four rows at a time, so that entries are read once for them and the sums of one do not wait for another's.
 * @param dense [batch × width], of which columns from `offset` on meet the rows of S
 * @param out [batch × columns]
 */
export function addSparseProduct(
  dense: Float32Array,
  { rows, columns, values }: SparseEntries,
  shape: { readonly batch: number; readonly width: number; readonly offset?: number; readonly columns: number },
  out: Float32Array,
): void {
  const { batch, width, offset = 0, columns: wide } = shape;
  const count = rows.length;
  let b = 0;
  for (; b + 4 <= batch; b += 4) {
    const [f0, f1, f2, f3] = [0, 1, 2, 3].map((i) => (b + i) * width + offset);
    const [o0, o1, o2, o3] = [0, 1, 2, 3].map((i) => (b + i) * wide);
    for (let e = 0; e < count; e++) {
      const row = rows[e];
      const column = columns[e];
      const value = values[e];
      out[o0 + column] += value * dense[f0 + row];
      out[o1 + column] += value * dense[f1 + row];
      out[o2 + column] += value * dense[f2 + row];
      out[o3 + column] += value * dense[f3 + row];
    }
  }
  for (; b < batch; b++) {
    const from = b * width + offset;
    const to = b * wide;
    for (let e = 0; e < count; e++) out[to + columns[e]] += values[e] * dense[from + rows[e]];
  }
}

/**
 * out += (left ⊗ right) · S, where row b of the first factor is the flattened outer product of row b of `left`
 * [batch × rows] and of `right` [batch × outputs]: the products are never stored. Rows of S count from element `offset` on.
 * @param out [batch × columns]
 */
export function addSparseOuterProduct(
  left: Float32Array,
  right: Float32Array,
  { rows, columns, values }: SparseEntries,
  shape: { readonly batch: number; readonly outputs: number; readonly offset: number; readonly columns: number },
  out: Float32Array,
): void {
  const { batch, outputs, offset, columns: wide } = shape;
  const count = rows.length;
  const inputs = left.length / batch;
  const first = Int32Array.from(rows, (row) => Math.floor((offset + row) / outputs));
  const second = Int32Array.from(rows, (row) => (offset + row) % outputs);
  let b = 0;
  for (; b + 4 <= batch; b += 4) {
    const [l0, l1, l2, l3] = [0, 1, 2, 3].map((i) => (b + i) * inputs);
    const [r0, r1, r2, r3] = [0, 1, 2, 3].map((i) => (b + i) * outputs);
    const [o0, o1, o2, o3] = [0, 1, 2, 3].map((i) => (b + i) * wide);
    for (let e = 0; e < count; e++) {
      const i = first[e];
      const j = second[e];
      const column = columns[e];
      const value = values[e];
      out[o0 + column] += value * left[l0 + i] * right[r0 + j];
      out[o1 + column] += value * left[l1 + i] * right[r1 + j];
      out[o2 + column] += value * left[l2 + i] * right[r2 + j];
      out[o3 + column] += value * left[l3 + i] * right[r3 + j];
    }
  }
  for (; b < batch; b++) {
    for (let e = 0; e < count; e++) {
      out[b * wide + columns[e]] += values[e] * left[b * inputs + first[e]] * right[b * outputs + second[e]];
    }
  }
}
