import type { Seed } from '@attribution-bench/contract';

/** The finaliser of MurmurHash3 (Appleby): a bijection of 32-bit words in which every input bit moves every output bit. */
function mix32(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * 32 bits (as a signed integer) that depend on a 128-bit seed and two counters and nothing else: any order, any subset.
 * For a fixed seed and subcounter it is a bijection of the counter's low 32 bits.
 */
export function hash32(seed: Seed, counter: number, subcounter: number): number {
  let h = mix32(seed[0] ^ (counter | 0));
  h = mix32((h + seed[1]) ^ Math.floor(counter / 4294967296));
  h = mix32((h + seed[2]) ^ subcounter);
  return mix32(h + seed[3]);
}

/** xoshiro128** (Blackman and Vigna 2018) state of the stream that belongs to (seed, counter, subcounter), four words. */
export function streamState(seed: Seed, counter: number, subcounter: number, state: Int32Array): void {
  for (let word = 0; word < 4; word++) state[word] = hash32(seed, counter, 4 * subcounter + word);
  if ((state[0] | state[1] | state[2] | state[3]) === 0) state[0] = 1;
}

/** The next 32 bits (as a signed integer) of a stream. */
export function nextWord(state: Int32Array): number {
  const b = state[1];
  const scaled = Math.imul(b, 5);
  const t = b << 9;
  state[2] ^= state[0];
  state[3] ^= b;
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= t;
  state[3] = (state[3] << 11) | (state[3] >>> 21);
  return Math.imul((scaled << 7) | (scaled >>> 25), 9);
}
