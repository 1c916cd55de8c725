import { nextWord } from './random-bits.js';

/** Rows are filled in whole words of random bits: their length is a multiple of this. */
export const entriesPerWord = 32;

/** Two ±1 float32 side by side, by the two sign bits: read and written as one float64. */
const signPairs = (() => {
  const words = new Uint32Array(8);
  for (let bits = 0; bits < 4; bits++) {
    words[2 * bits] = 0x3f800000 | ((bits & 1) << 31);
    words[2 * bits + 1] = 0x3f800000 | ((bits >> 1) << 31);
  }
  return new Float64Array(words.buffer);
})();

/**
 * Fills `length` entries from `offset` on with ±1, each with probability one half: one bit of the stream per entry.
 * @param pairs the float32 entries seen as float64, two per element; `offset` and `length` count float32 entries
 */
export function fillSigns(pairs: Float64Array, offset: number, length: number, state: Int32Array): void {
  let [a, b, c, d] = state;
  const end = (offset + length) / 2;
  for (let o = offset / 2; o < end; o += 16) {
    const scaled = Math.imul(b, 5);
    const w = Math.imul((scaled << 7) | (scaled >>> 25), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    pairs[o] = signPairs[w & 3];
    pairs[o + 1] = signPairs[(w >>> 2) & 3];
    pairs[o + 2] = signPairs[(w >>> 4) & 3];
    pairs[o + 3] = signPairs[(w >>> 6) & 3];
    pairs[o + 4] = signPairs[(w >>> 8) & 3];
    pairs[o + 5] = signPairs[(w >>> 10) & 3];
    pairs[o + 6] = signPairs[(w >>> 12) & 3];
    pairs[o + 7] = signPairs[(w >>> 14) & 3];
    pairs[o + 8] = signPairs[(w >>> 16) & 3];
    pairs[o + 9] = signPairs[(w >>> 18) & 3];
    pairs[o + 10] = signPairs[(w >>> 20) & 3];
    pairs[o + 11] = signPairs[(w >>> 22) & 3];
    pairs[o + 12] = signPairs[(w >>> 24) & 3];
    pairs[o + 13] = signPairs[(w >>> 26) & 3];
    pairs[o + 14] = signPairs[(w >>> 28) & 3];
    pairs[o + 15] = signPairs[w >>> 30];
  }
}

/** Ziggurat of 256 layers of equal area under exp(-x²/2) (Marsaglia and Tsang 2000): right edges, and densities there. */
const layers = 256;
const baseEdge = 3.6541528853610088;
const layerArea = 0.00492867323399;
const magnitudes = 2 ** 23;
const edges = new Float64Array(layers + 1);
const densities = new Float64Array(layers + 1);
const density = (x: number): number => Math.exp(-0.5 * x * x);
edges[0] = layerArea / density(baseEdge);
edges[1] = baseEdge;
for (let i = 2; i < layers; i++) edges[i] = Math.sqrt(-2 * Math.log(layerArea / edges[i - 1] + density(edges[i - 1])));
edges[layers] = 0;
for (let i = 0; i <= layers; i++) densities[i] = density(edges[i]);
/** Magnitudes below these fall inside the next layer's edge and are accepted at once. */
const acceptBelow = Int32Array.from({ length: layers }, (_, i) => Math.floor((edges[i + 1] / edges[i]) * magnitudes));
/** By layer, then the same negated: the sign is one more bit of the index, not a branch. */
const scales = Float64Array.from({ length: 2 * layers }, (_, i) =>
  i < layers ? edges[i] / magnitudes : -edges[i - layers] / magnitudes,
);

/**
 * Fills `length` entries from `offset` on with N(0, 1) by the ziggurat's exact rejection: 8 bits choose the layer, one
 * the sign, 23 the position within it (disjoint bits, after Doornik 2005). Rejected draws go on with a stream of their
 * own, so that the first entries do not depend on how many follow.
 * @param words scratch of at least `length` elements
 */
export function fillNormals(
  entries: Float32Array,
  offset: number,
  length: number,
  state: Int32Array,
  rejected: Int32Array,
  words: Int32Array,
): void {
  fillWords(words, length, state);
  for (let i = 0; i < length; i++) {
    const w = words[i];
    const magnitude = w >>> 9;
    entries[offset + i] = (magnitude + 0.5) * scales[w & 511];
    if (magnitude >= acceptBelow[w & 255]) entries[offset + i] = resolve(w, rejected);
  }
}

function fillWords(words: Int32Array, length: number, state: Int32Array): void {
  let [a, b, c, d] = state;
  for (let i = 0; i < length; i++) {
    const scaled = Math.imul(b, 5);
    words[i] = Math.imul((scaled << 7) | (scaled >>> 25), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

/** The value of a first word that was not accepted at once: from the layer's wedge, the tail, or a fresh draw. */
function resolve(first: number, state: Int32Array): number {
  for (let w = first; ; w = nextWord(state)) {
    const layer = w & 255;
    const x = ((w >>> 9) + 0.5) * scales[w & 511];
    if (Math.abs(x) < edges[layer + 1]) return x;
    if (layer === 0) return x < 0 ? -tail(state) : tail(state);
    const height = densities[layer] + uniform(state) * (densities[layer + 1] - densities[layer]);
    if (height < density(x)) return x;
  }
}

/** |N(0, 1)| given that it exceeds the base edge (Marsaglia 1964). */
function tail(state: Int32Array): number {
  for (;;) {
    const x = -Math.log(uniform(state)) / baseEdge;
    const y = -Math.log(uniform(state));
    if (2 * y > x * x) return baseEdge + x;
  }
}

/** Uniform in (0, 1). */
function uniform(state: Int32Array): number {
  return ((nextWord(state) >>> 0) + 0.5) / 4294967296;
}
