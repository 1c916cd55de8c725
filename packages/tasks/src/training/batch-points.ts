import type { NumericArray } from '@attribution-bench/contract';
import type { TensorSpec } from '@attribution-bench/onnx';
import type { Tensors } from '@attribution-bench/tfjs-onnx';
import { isShared } from '../data/point-array.js';
import { gatherRows } from './gather-rows.js';
import type { Objective } from './objective.js';

type Points = Pick<Objective, 'points' | 'pointArrays' | 'pointShapes'>;

/**
 * How a training graph comes to the points of a batch. It is fed an array of all points and picks rows of it, which is fastest;
 * where that array is in memory that threads share, which ONNX Runtime does not take, each step is fed its rows instead. Both
 * give the same numbers.
 */
const isFedByStep = ({ pointArrays }: Points, name: string): boolean => isShared(pointArrays[name]);

/** What each step of `models` models is fed, and what all steps share. */
export function pointSpecs(
  objective: Points,
  models: number,
  batch: number,
): { readonly each: Record<string, TensorSpec>; readonly shared: Record<string, TensorSpec> } {
  const each: Record<string, TensorSpec> = {};
  const shared: Record<string, TensorSpec> = {};
  for (const [name, shape] of Object.entries(objective.pointShapes)) {
    if (isFedByStep(objective, name)) each[name] = { shape: [models, batch, ...shape], dtype: 'float32' };
    else shared[name] = { shape: [objective.points, ...shape], dtype: 'float32' };
  }
  return { each, shared };
}

/** The arrays that all steps share. */
export function sharedPoints(objective: Points): Record<string, NumericArray> {
  return Object.fromEntries(Object.entries(objective.pointArrays).filter(([name]) => !isFedByStep(objective, name)));
}

/** Bytes of rows that steps are fed at once: a buffer that each worker has besides the points. */
const fedAtOnce = 2 ** 24;

/** How many steps of so many models may be fed at once. */
export function stepsFed(objective: Points, models: number, batch: number): number {
  const bytes = fedNames(objective).reduce(
    (sum, name) => sum + (models * batch * objective.pointArrays[name].byteLength) / objective.points,
    0,
  );
  return bytes === 0 ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(fedAtOnce / bytes));
}

/** Gives the rows that steps are fed, in the order in which they are asked for; valid until the next call. */
export function pointFeeder(objective: Points): (rows: Int32Array) => Record<string, Float32Array> {
  const buffers: Record<string, Float32Array> = {};
  return (rows) =>
    Object.fromEntries(
      fedNames(objective).map((name) => {
        const array = objective.pointArrays[name];
        const width = array.length / objective.points;
        if ((buffers[name]?.length ?? 0) < rows.length * width) buffers[name] = new Float32Array(rows.length * width);
        const fed = buffers[name].subarray(0, rows.length * width);
        for (const [place, row] of rows.entries())
          fed.set(array.subarray(row * width, (row + 1) * width), place * width);
        return [name, fed];
      }),
    );
}

/** In the graph: a step with the rows of its batch, [models × batch × ...shape], in the place of arrays of all points. */
export function withBatchPoints(objective: Points, step: Tensors): Tensors {
  const picked = Object.keys(objective.pointShapes)
    .filter((name) => !isFedByStep(objective, name))
    .map((name) => [name, gatherRows(step[name], step.rows)]);
  return { ...step, ...Object.fromEntries(picked) };
}

/** Names of the arrays whose rows steps are fed. */
export function fedNames(objective: Points): string[] {
  return Object.keys(objective.pointArrays).filter((name) => isFedByStep(objective, name));
}
