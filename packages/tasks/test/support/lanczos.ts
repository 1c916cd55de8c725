import type { Rng } from '@attribution-bench/contract';

/** Ritz values after `steps` of Lanczos with full reorthogonalisation, descending. */
export async function lanczosEigenvalues(
  product: (vector: Float32Array) => Promise<Float32Array>,
  size: number,
  steps: number,
  rng: Rng,
): Promise<number[]> {
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const off: number[] = [];
  let next = Float64Array.from({ length: size }, () => rng.normal());
  for (let k = 0; k < steps; k++) {
    for (let pass = 0; pass < 2; pass++) {
      for (const q of basis) {
        const overlap = q.reduce((sum, value, i) => sum + value * next[i], 0);
        next = next.map((value, i) => value - overlap * q[i]);
      }
    }
    const norm = Math.hypot(...next);
    if (k > 0) off.push(norm);
    const q = next.map((value) => value / norm);
    basis.push(q);
    next = Float64Array.from(await product(Float32Array.from(q)));
    diagonal.push(q.reduce((sum, value, i) => sum + value * next[i], 0));
  }
  return tridiagonalEigenvalues(diagonal, off);
}

/** Eigenvalues of a symmetric tridiagonal matrix by bisection on Sturm counts, descending. */
function tridiagonalEigenvalues(diagonal: readonly number[], off: readonly number[]): number[] {
  const n = diagonal.length;
  const radius = (i: number) => Math.abs(off[i - 1] ?? 0) + Math.abs(off[i] ?? 0);
  const low = Math.min(...diagonal.map((d, i) => d - radius(i)));
  const high = Math.max(...diagonal.map((d, i) => d + radius(i)));
  const below = (x: number): number => {
    let count = 0;
    let d = 1;
    for (let i = 0; i < n; i++) {
      const previous = i === 0 ? 0 : off[i - 1] ** 2 / d;
      d = diagonal[i] - x - previous;
      if (d === 0) d = 1e-300;
      if (d < 0) count++;
    }
    return count;
  };
  return Array.from({ length: n }, (_, k) => {
    let a = low;
    let b = high;
    for (let i = 0; i < 100; i++) {
      const middle = (a + b) / 2;
      if (below(middle) >= n - k) b = middle;
      else a = middle;
    }
    return (a + b) / 2;
  });
}
