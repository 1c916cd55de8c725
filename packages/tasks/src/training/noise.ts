import type { NumericArray, Seed } from '@attribution-bench/contract';
import type { TensorSpec } from '@attribution-bench/onnx';

/** Random numbers that one model is fed in each step of its training. */
export interface Noise {
  readonly specs: Readonly<Record<string, TensorSpec>>;
  /** @returns a function that fills the arrays of the next step of the run with this seed, the first time of step `from` */
  draw(seed: Seed, from?: number): (step: Readonly<Record<string, NumericArray>>) => void;
}

/** Several sources as one, each with the numbers that it draws by itself. */
export function withNoise(noise: Noise | undefined, other: Noise | undefined): Noise | undefined {
  if (noise === undefined || other === undefined) return noise ?? other;
  return {
    specs: { ...noise.specs, ...other.specs },
    draw(seed, from) {
      const draws = [noise.draw(seed, from), other.draw(seed, from)];
      return (step) => {
        for (const draw of draws) draw(step);
      };
    },
  };
}
