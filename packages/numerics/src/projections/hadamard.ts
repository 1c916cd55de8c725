/**
 * x ← H x for the Hadamard matrix of Sylvester, H[r, j] = (-1)^(number of ones in r & j), unscaled, in place: eight numbers at a
 * time, so that three of the log₂ n stages go by on each pass through memory.
 * @param x [n], n a power of two
 */
export function hadamardTransform(x: Float64Array): void {
  const n = x.length;
  for (let h = firstStages(x, Math.log2(n) % 3); h < n; h *= 8) {
    for (let block = 0; block < n; block += 8 * h) {
      for (let i = block; i < block + h; i++) {
        const i1 = i + h;
        const i2 = i1 + h;
        const i3 = i2 + h;
        const i4 = i3 + h;
        const i5 = i4 + h;
        const i6 = i5 + h;
        const i7 = i6 + h;
        const a0 = x[i] + x[i1];
        const a1 = x[i] - x[i1];
        const a2 = x[i2] + x[i3];
        const a3 = x[i2] - x[i3];
        const a4 = x[i4] + x[i5];
        const a5 = x[i4] - x[i5];
        const a6 = x[i6] + x[i7];
        const a7 = x[i6] - x[i7];
        const b0 = a0 + a2;
        const b1 = a1 + a3;
        const b2 = a0 - a2;
        const b3 = a1 - a3;
        const b4 = a4 + a6;
        const b5 = a5 + a7;
        const b6 = a4 - a6;
        const b7 = a5 - a7;
        x[i] = b0 + b4;
        x[i1] = b1 + b5;
        x[i2] = b2 + b6;
        x[i3] = b3 + b7;
        x[i4] = b0 - b4;
        x[i5] = b1 - b5;
        x[i6] = b2 - b6;
        x[i7] = b3 - b7;
      }
    }
  }
}

/** The 0 to 2 stages that are over, in one pass; returns the distance of the numbers that the next stage takes together. */
function firstStages(x: Float64Array, stages: number): number {
  if (stages === 1) {
    for (let i = 0; i < x.length; i += 2) {
      const a = x[i];
      const b = x[i + 1];
      x[i] = a + b;
      x[i + 1] = a - b;
    }
  } else if (stages === 2) {
    for (let i = 0; i < x.length; i += 4) {
      const a0 = x[i] + x[i + 1];
      const a1 = x[i] - x[i + 1];
      const a2 = x[i + 2] + x[i + 3];
      const a3 = x[i + 2] - x[i + 3];
      x[i] = a0 + a2;
      x[i + 1] = a1 + a3;
      x[i + 2] = a0 - a2;
      x[i + 3] = a1 - a3;
    }
  }
  return 1 << stages;
}
