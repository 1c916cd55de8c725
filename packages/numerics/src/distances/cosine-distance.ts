import { requireLength } from '../errors.js';

/**
 * 1 - cos of the angle between two vectors, from 0 to 2, and 1 where one of them is zero: half the squared distance of
 * the unit vectors, which keeps its digits for vectors that point almost the same way.
 */
export function cosineDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  requireLength('cosineDistance', 'the second vector', b, a.length);
  const [own, other] = [length(a), length(b)];
  if (own === 0 || other === 0) return 1;
  let squares = 0;
  for (let k = 0; k < a.length; k++) squares += (a[k] / own - b[k] / other) ** 2;
  return squares / 2;
}

/** By the largest entry, so that squares neither overflow nor vanish. */
function length(vector: ArrayLike<number>): number {
  let largest = 0;
  for (let k = 0; k < vector.length; k++) largest = Math.max(largest, Math.abs(vector[k]));
  if (largest === 0) return 0;
  let squares = 0;
  for (let k = 0; k < vector.length; k++) squares += (vector[k] / largest) ** 2;
  return largest * Math.sqrt(squares);
}
