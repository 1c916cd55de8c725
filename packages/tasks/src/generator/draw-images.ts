import { type CancelSignal, childSeed, type Seed } from '@attribution-bench/contract';
import type { Program } from '@attribution-bench/onnx';
import { stacked } from '../nn/architecture/flat.js';
import { rowRanges } from '../passes/row-ranges.js';
import { type NormalRows, normalRows } from './normal-rows.js';
import type { ReverseShape } from './reverse-process.js';
import { stepWidth } from './reverse-steps.js';
import type { GeneratorSubject } from './subject.js';

const stepsAtOnce = 50;

/** A compiled reverse process and the time steps that it goes through. */
export interface ReverseProcess extends ReverseShape {
  readonly program: Program;
  readonly subject: GeneratorSubject;
  /** From noise to image. */
  readonly timesteps: readonly number[];
  /** What each step takes besides its level, [steps × 3]. */
  readonly nexts: Float32Array;
}

/** Which images of a model are drawn. Image i depends on the model, the seed and i alone. */
export interface DrawRequest {
  readonly parameters: Float32Array;
  readonly images: readonly number[];
  readonly seed: Seed;
  readonly cancel: CancelSignal;
}

/** Some steps of some images: the images after them, and the clean images that each step assumed. */
export interface DrawnSteps {
  /** Images [start, start + count) of those asked for, time steps [from, from + steps) of all. */
  readonly start: number;
  readonly count: number;
  readonly from: number;
  readonly steps: number;
  /** [images at once × dims] */
  readonly x: Float32Array;
  /** [steps × images at once × dims] */
  readonly clean: Float32Array;
}

/** Draws images, `imagesAtOnce` at a time, some steps at a time: what each run of the program gives. */
export async function* drawSteps(
  process: ReverseProcess,
  { parameters, images, seed, cancel }: DrawRequest,
): AsyncGenerator<DrawnSteps> {
  const { program, subject, timesteps, nexts, imagesAtOnce, dims, noisy } = process;
  const model = stacked(subject.architecture.arrays, [parameters]);
  for (const { start, count } of rowRanges(images.length, imagesAtOnce)) {
    const rows = images.slice(start, start + count).map((index) => normalRows(childSeed(seed, `image ${index}`), dims));
    let x: Float32Array = new Float32Array(imagesAtOnce * dims);
    for (const [i, normals] of rows.entries()) normals.fill(0, x.subarray(i * dims, (i + 1) * dims));
    for (const { start: from, count: steps } of rowRanges(timesteps.length, stepsAtOnce)) {
      cancel.throwIfAborted();
      const level = levelsOf(process, from, steps);
      const next = nexts.slice(from * stepWidth, (from + steps) * stepWidth);
      const noise = noisy ? { noise: noiseOf(process, rows, from, steps) } : {};
      const results = await program.run({ ...model, x, level, next, ...noise });
      x = results.x as Float32Array;
      yield { start, count, from, steps, x, clean: results.clean as Float32Array };
    }
  }
}

/** Levels of time steps [from, from + steps), [steps × level width]. */
function levelsOf({ subject, timesteps }: ReverseProcess, from: number, steps: number): Float32Array {
  const { levels, levelWidth } = subject;
  const rows = new Float32Array(steps * levelWidth);
  for (let s = 0; s < steps; s++) {
    const t = timesteps[from + s];
    rows.set(levels.subarray(t * levelWidth, (t + 1) * levelWidth), s * levelWidth);
  }
  return rows;
}

/** Noise that time steps [from, from + steps) add to each image, [steps × images at once × dims]. */
function noiseOf(
  { imagesAtOnce, dims }: ReverseProcess,
  rows: readonly NormalRows[],
  from: number,
  steps: number,
): Float32Array {
  const noise = new Float32Array(steps * imagesAtOnce * dims);
  for (let s = 0; s < steps; s++) {
    for (const [i, normals] of rows.entries()) {
      const place = (s * imagesAtOnce + i) * dims;
      normals.fill(from + s + 1, noise.subarray(place, place + dims));
    }
  }
  return noise;
}
