import type { FloatArray } from './matmul.js';

const tile = 32;

/** The transpose of a row-major [rows × cols] matrix, [cols × rows]. */
export function transpose<T extends FloatArray>(a: T, rows: number, cols: number): T {
  const out = new (a.constructor as new (size: number) => T)(a.length);
  for (let r0 = 0; r0 < rows; r0 += tile) {
    const r1 = Math.min(rows, r0 + tile);
    for (let c0 = 0; c0 < cols; c0 += tile) {
      const c1 = Math.min(cols, c0 + tile);
      for (let r = r0; r < r1; r++) for (let c = c0; c < c1; c++) out[c * rows + r] = a[r * cols + c];
    }
  }
  return out;
}
