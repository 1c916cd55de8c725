import { BenchError } from '@attribution-bench/contract';

/** Arrays whose lengths do not fit the stated shapes: a mistake of the caller. */
export function shapeError(place: string, message: string): BenchError {
  return new BenchError({ code: 'NUMERICS_SHAPE', place, message, next: 'pass arrays that fit the stated shape' });
}

/** NaN or infinity where only finite numbers make sense. */
export function notFiniteError(place: string, message: string): BenchError {
  return new BenchError({
    code: 'NUMERICS_NOT_FINITE',
    place,
    message,
    next: 'look for a diverged training run or an overflow in what was computed before',
  });
}

/** Throws unless `data` has exactly `expected` elements. */
export function requireLength(place: string, name: string, data: ArrayLike<number>, expected: number): void {
  if (data.length !== expected)
    throw shapeError(place, `${name} has ${data.length} elements where its shape has ${expected}`);
}

/** Throws unless `value` is a whole number of at least `min`. */
export function requireCount(place: string, name: string, value: number, min: number): void {
  if (!Number.isSafeInteger(value) || value < min)
    throw shapeError(place, `${name} is ${value}, it must be a whole number of at least ${min}`);
}

/** Throws when an element is NaN or infinite, naming the first. */
export function requireFinite(place: string, name: string, data: ArrayLike<number>): void {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) throw notFiniteError(place, `${name} holds ${data[i]} at element ${i}`);
  }
}
