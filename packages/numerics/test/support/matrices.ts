import { Rng } from '@attribution-bench/contract';

/** Standard normal numbers, the same for the same seed. */
export function normals(seed: number, size: number): Float64Array {
  const rng = new Rng([seed, 1, 2, 3]);
  return Float64Array.from({ length: size }, () => rng.normal());
}

/** op(A)·op(B) by the definition, in float64. */
export function productByDefinition(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { m, k, n }: { m: number; k: number; n: number },
  transposeA = false,
  transposeB = false,
): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let l = 0; l < k; l++)
        out[i * n + j] += (transposeA ? a[l * m + i] : a[i * k + l]) * (transposeB ? b[j * k + l] : b[l * n + j]);
    }
  }
  return out;
}

/** Largest absolute difference. */
export function distanceOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** Symmetric positive definite [n × n] with condition number of about `condition`. */
export function spdMatrix(seed: number, n: number, condition: number): Float64Array {
  const x = normals(seed, n * n);
  const a = productByDefinition(x, x, { m: n, k: n, n }, false, true);
  const largest = 4 * n;
  for (let i = 0; i < n; i++) a[i * n + i] += largest / condition;
  return a;
}
