/** Bytes above which points are in memory that the threads of a process can share: with less, a copy in each costs little. */
const sharedAbove = 2 ** 26;

/** Whether so many numbers of points belong into memory that threads can share. */
export function areShared(numbers: number): boolean {
  return numbers * Float32Array.BYTES_PER_ELEMENT > sharedAbove;
}

/** An array for so many numbers of points. */
export function pointArray(numbers: number): Float32Array {
  if (!areShared(numbers)) return new Float32Array(numbers);
  return new Float32Array(new SharedArrayBuffer(numbers * Float32Array.BYTES_PER_ELEMENT));
}

/** Whether the memory of an array is one that threads can share, which ONNX Runtime does not take. */
export function isShared({ buffer }: ArrayBufferView): boolean {
  return buffer instanceof SharedArrayBuffer;
}
