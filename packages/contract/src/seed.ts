import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical.js';

/** What a stream of random numbers is for. Different roles never share a stream, whatever their indices. */
export type SeedRole =
  | 'data'
  | 'label-noise'
  | 'plant'
  | 'truth-subset'
  | 'truth-retrain'
  | 'checkpoint'
  | 'method-subset'
  | 'method-retrain'
  | 'method'
  | 'target-noise'
  | 'split'
  | 'settings'
  | 'metric'
  | 'bootstrap';

/** 128 bits of seed, as four unsigned 32-bit words. */
export type Seed = readonly [number, number, number, number];

/**
 * The seed of (grid seed, scope, role, index): SHA-256 of their canonical JSON, so that subset j does not depend on how
 * many subsets there are and no two roles overlap.
 * @param scope what the stream belongs to: a task key, a method id
 * @param index one or more numbers within the role, e.g. [subset, retraining]
 */
export function deriveSeed(
  gridSeed: number,
  scope: string,
  role: SeedRole,
  ...index: readonly (number | string)[]
): Seed {
  const digest = createHash('sha256')
    .update(canonicalJson([gridSeed, scope, role, [...index]]))
    .digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), digest.readUInt32LE(12)];
}

/** A child of a seed, by name: used where one seed feeds several streams (initial weights, batch order, noise). */
export function childSeed(seed: Seed, name: string): Seed {
  const digest = createHash('sha256')
    .update(canonicalJson([[...seed], name]))
    .digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), digest.readUInt32LE(12)];
}

/** Deterministic random numbers: xoshiro128** (Blackman and Vigna 2018), 32 bits per step. */
export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spareNormal: number | undefined;

  constructor(seed: Seed) {
    [this.#a, this.#b, this.#c, this.#d] = seed.map((word) => word >>> 0) as [number, number, number, number];
    if ((this.#a | this.#b | this.#c | this.#d) === 0) this.#a = 0x9e3779b9;
  }

  /** Uniform integer in [0, 2^32). */
  uint32(): number {
    const scaled = Math.imul(this.#b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /**
   * Uniform integer in [0, bound), without modulo bias.
   * @throws RangeError unless bound is a whole number from 1 to 2^32
   */
  below(bound: number): number {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= 4294967296))
      throw new RangeError(`there is no whole number below ${bound} to draw`);
    const limit = 4294967296 - (4294967296 % bound);
    for (;;) {
      const draw = this.uint32();
      if (draw < limit) return draw % bound;
    }
  }

  /** Standard normal, by the polar method. */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const factor = Math.sqrt((-2 * Math.log(s)) / s);
        this.#spareNormal = v * factor;
        return u * factor;
      }
    }
  }

  /** Shuffles in place (Fisher-Yates) and returns its argument. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = items[i];
      (items as { [index: number]: unknown })[i] = items[j];
      (items as { [index: number]: unknown })[j] = held;
    }
    return items;
  }

  /** A uniformly random permutation of 0..size-1. */
  permutation(size: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: size }, (_, i) => i));
  }

  /**
   * `count` distinct indices of 0..size-1, ascending.
   * @throws RangeError when there are not as many
   */
  subset(size: number, count: number): Int32Array {
    if (!(Number.isInteger(count) && count >= 0 && count <= size))
      throw new RangeError(`${count} of ${size} indices cannot be drawn`);
    return this.permutation(size).slice(0, count).sort();
  }
}
