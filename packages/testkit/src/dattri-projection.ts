import type { NdArray } from '@attribution-bench/contract';

const columns = 512;
const blockColumns = 100;

/**
 * The matrix by which dattri (TRAIS-Lab/dattri, commit ef50a35) projects gradients when it is not told otherwise, as
 * PyTorch draws it on a CPU in float64: standard normal, 512 columns in blocks of 100 with a seed each, over √512. Rows
 * in PyTorch's parameter order.
 */
export function dattriProjection(parameters: number, checkpoint: number): NdArray<Float64Array> {
  const data = new Float64Array(parameters * columns);
  for (let first = 0; first < columns; first += blockColumns) {
    const block = torchNormals(1e3 * (first / blockColumns) + 1e5 * checkpoint, parameters * blockColumns);
    const width = Math.min(blockColumns, columns - first);
    for (let row = 0; row < parameters; row++)
      for (let column = 0; column < width; column++)
        data[row * columns + first + column] = block[row * blockColumns + column] / Math.sqrt(columns);
  }
  return { shape: [parameters, columns], data };
}

/** `torch.empty(size).double().normal_()` of a CPU generator with this seed, for a size of at least 16. */
function torchNormals(seed: number, size: number): Float64Array {
  const word = mersenneTwister(seed);
  const uniform = () => {
    const high = word() & 0x1fffff;
    return (high * 2 ** 32 + word()) / 2 ** 53;
  };
  const values = Float64Array.from({ length: size }, uniform);
  for (let i = 0; i + 16 <= size; i += 16) boxMuller(values.subarray(i, i + 16));
  if (size % 16 !== 0)
    boxMuller(
      values
        .subarray(size - 16)
        .fill(0)
        .map(uniform),
      values.subarray(size - 16),
    );
  return values;
}

/** Turns 16 uniform numbers into normal ones: element j with element j + 8. */
function boxMuller(uniforms: Float64Array, out = uniforms): void {
  for (let j = 0; j < 8; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniforms[j]));
    const angle = 2 * Math.PI * uniforms[j + 8];
    out[j] = radius * Math.cos(angle);
    out[j + 8] = radius * Math.sin(angle);
  }
}

/** MT19937 (Matsumoto and Nishimura 1998): 32 bits per call. */
function mersenneTwister(seed: number): () => number {
  const size = 624;
  const state = new Uint32Array(size);
  state[0] = seed;
  for (let i = 1; i < size; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  let next = size;
  return () => {
    if (next === size) {
      for (let i = 0; i < size; i++) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % size] & 0x7fffffff);
        state[i] = state[(i + 397) % size] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      next = 0;
    }
    let y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  };
}
