import { requireLength } from '../errors.js';
import { matmul } from '../matrices/matmul.js';
import type { Eigenbasis, KroneckerBasis } from './kronecker-basis.js';

const blockBytes = 2 ** 25;

/** Multiplies vectors by a symmetric matrix that is diagonal in the eigenbases of the layers. */
export interface KroneckerOperator {
  /**
   * Qᵀ diag(scales) Q times each row, in float64.
   * @param rows [rows × p]; overwritten with the result, and returned
   * @param scales by eigenvector in flat order, [p]
   */
  apply(rows: Float64Array, scales: Float64Array): Promise<Float64Array>;
}

/** Layers go one after the other, some rows at a time, in memory for the rows, one basis and 64 MiB. */
export function createKroneckerOperator(bases: readonly KroneckerBasis[]): KroneckerOperator {
  const p = bases.reduce((sum, { matrix }) => sum + matrix.width * matrix.outputs, 0);
  return {
    async apply(rows, scales) {
      requireLength('KroneckerOperator', 'the scales', scales, p);
      const count = Math.floor(rows.length / p);
      requireLength('KroneckerOperator', 'the rows', rows, count * p);
      for (const basis of bases) await applyLayer(basis, rows, count, p, scales);
      return rows;
    },
  };
}

async function applyLayer(
  { matrix, input, delta }: KroneckerBasis,
  rows: Float64Array,
  count: number,
  p: number,
  scales: Float64Array,
): Promise<void> {
  const { offset, width, outputs } = matrix;
  const [left, right] = [doubles(input), doubles(delta)];
  const atOnce = Math.max(1, Math.floor(blockBytes / (8 * width * outputs)));
  for (let start = 0; start < count; start += atOnce) {
    const some = Math.min(atOnce, count - start);
    // Matrices lie side by side, [width × some × outputs], so that one product serves all of them.
    let values = new Float64Array(width * some * outputs);
    for (let r = 0; r < some; r++) {
      for (let i = 0; i < width; i++) {
        const from = (start + r) * p + offset + i * outputs;
        values.set(rows.subarray(from, from + outputs), (i * some + r) * outputs);
      }
    }
    const byInput = async (transposeA: boolean) => {
      if (left === undefined) return;
      values = (await matmul<Float64Array>(left, values, {
        m: width,
        k: width,
        n: some * outputs,
        transposeA,
      })) as Float64Array<ArrayBuffer>;
    };
    const byDelta = async (transposeB: boolean) => {
      if (right === undefined) return;
      values = (await matmul<Float64Array>(values, right, {
        m: width * some,
        k: outputs,
        n: outputs,
        transposeB,
      })) as Float64Array<ArrayBuffer>;
    };
    await byInput(false);
    await byDelta(true);
    for (let i = 0, at = 0; i < width; i++) {
      const place = offset + i * outputs;
      for (let r = 0; r < some; r++) for (let j = 0; j < outputs; j++) values[at++] *= scales[place + j];
    }
    await byDelta(false);
    await byInput(true);
    for (let r = 0; r < some; r++) {
      for (let i = 0; i < width; i++) {
        const from = (i * some + r) * outputs;
        rows.set(values.subarray(from, from + outputs), (start + r) * p + offset + i * outputs);
      }
    }
  }
}

function doubles({ vectors }: Eigenbasis): Float64Array | undefined {
  return vectors === undefined ? undefined : Float64Array.from(vectors);
}
