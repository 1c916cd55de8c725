import type { LayerMatrix, Projection, ReplayStep } from '@attribution-bench/contract';
import {
  createFactorProjector,
  createProjector,
  type FactoredProjection,
  type FlatProjection,
  type LayerMap,
  matmul,
} from '@attribution-bench/numerics';
import type * as tf from '@tensorflow/tfjs';

/** Factors of the gradients of a batch, and the preconditioner where there is one, by layer number; for `readStep`. */
export function emitFactors({ batch, preconditioner, preconditioned }: ReplayStep): Record<string, tf.Tensor> {
  return Object.fromEntries(
    batch.flatMap(({ input, delta }, l): [string, tf.Tensor][] => [
      [`input ${l}`, input],
      [`delta ${l}`, delta],
      ...(preconditioned ? [[`scale ${l}`, preconditioner[l]] as [string, tf.Tensor]] : []),
    ]),
  );
}

/** Projected gradients of the places of a batch, each divided by |B|, [places × columns]. */
export interface BatchGradients {
  readonly gradients: Float32Array;
  /** What the optimiser makes of them before its learning rate: D · gradient; of SGD the gradients themselves. */
  readonly steps: Float32Array;
}

/** Projects gradients of replayed steps as `ctx.gradients` projects those of a checkpoint. */
export interface GradientReader {
  readonly columns: number;
  read(emitted: Readonly<Record<string, Float32Array>>, places: number): Promise<BatchGradients>;
}

/**
 * What projected gradients of `ctx.gradients` are multiplied by so that their inner products are those of the gradients in
 * expectation: outer products of gradients have to be as large as the Hessian.
 */
export function projectionScale({ kind, dim }: Projection): number {
  return kind === 'rademacher' || kind === 'gaussian' ? 1 / Math.sqrt(dim) : 1;
}

/** Multiplies numbers in place. */
export function scaled(values: Float32Array, factor: number): Float32Array {
  if (factor !== 1) for (let i = 0; i < values.length; i++) values[i] *= factor;
  return values;
}

/** One layer's part of a step: gradients are input ⊗ delta, times `scale` entry by entry where that is given. */
interface LayerStep {
  /** [places × in] */
  readonly input: Float32Array;
  /** [places × out] */
  readonly delta: Float32Array;
  /** [in × out] */
  readonly scale?: Float32Array;
}

/** @param parameters of the model, which the matrices of its layers add up to */
export function gradientReader(
  projection: Projection,
  layers: readonly LayerMatrix[],
  parameters: number,
): GradientReader {
  const { maps, columns, project } = projectorOf(projection, layers, parameters);
  const mapped = maps.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  const rowsOf = async (parts: readonly LayerStep[], places: number) => {
    const rows = new Float32Array(places * mapped);
    let first = 0;
    for (const [l, part] of parts.entries()) {
      const { inputs, outputs } = maps[l];
      const matrices = await mappedMatrices(part, maps[l], layers[l], places);
      for (let place = 0; place < places; place++)
        rows.set(matrices.subarray(place * inputs * outputs, (place + 1) * inputs * outputs), place * mapped + first);
      first += inputs * outputs;
    }
    return project(rows, places);
  };
  return {
    columns,
    async read(emitted, places) {
      const plain = layers.map((_, l) => ({ input: emitted[`input ${l}`], delta: emitted[`delta ${l}`] }));
      const gradients = await rowsOf(plain, places);
      if (emitted['scale 0'] === undefined) return { gradients, steps: gradients };
      const scaled = plain.map((part, l) => ({ ...part, scale: emitted[`scale ${l}`] }));
      return { gradients, steps: await rowsOf(scaled, places) };
    },
  };
}

/** A projection as maps of the layers' matrices, followed by a projection of all mapped ones in a row. */
interface MappedProjection {
  readonly maps: readonly LayerMap[];
  readonly columns: number;
  project(rows: Float32Array, places: number): Promise<Float32Array>;
}

function projectorOf(projection: Projection, layers: readonly LayerMatrix[], parameters: number): MappedProjection {
  if (projection.kind === 'logra' || projection.kind === 'factgrass') {
    const shapes = layers.map(({ width, outputs }) => ({ width, outputs, factored: width > 1 }));
    const projector = createFactorProjector(projection as FactoredProjection, shapes);
    return {
      maps: projector.layers,
      columns: projector.dim,
      async project(rows, places) {
        const out = new Float32Array(places * projector.dim);
        projector.project(rows, out);
        return out;
      },
    };
  }
  const maps = layers.map(({ width, outputs }) => ({ inputs: width, outputs }));
  const projector = createProjector(projection as FlatProjection, parameters);
  return {
    maps,
    columns: projector.dim,
    async project(rows, places) {
      if (projection.kind === 'none') return rows;
      const out = new Float32Array(places * projector.dim);
      await projector.project(rows, 0, out);
      return scaled(out, projectionScale(projection));
    },
  };
}

/** leftᵀ A right of the gradient matrices A [width × outputs] of a layer, [places × inputs · outputs]. */
async function mappedMatrices(
  part: LayerStep,
  { left, inputs, right, outputs }: LayerMap,
  layer: LayerMatrix,
  places: number,
): Promise<Float32Array> {
  const isProduct = part.input.length === places * layer.width && part.delta.length === places * layer.outputs;
  if (isProduct && part.scale === undefined) {
    const { width } = layer;
    const input = left === undefined ? part.input : await matmul(part.input, left, { m: places, k: width, n: inputs });
    const delta =
      right === undefined ? part.delta : await matmul(part.delta, right, { m: places, k: layer.outputs, n: outputs });
    return outerProducts(input, delta, places);
  }
  const whole = outerProducts(part.input, part.delta, places);
  const { scale } = part;
  if (scale !== undefined) for (let i = 0; i < whole.length; i++) whole[i] *= scale[i % scale.length];
  const rows = places * layer.width;
  const narrowed = right === undefined ? whole : await matmul(whole, right, { m: rows, k: layer.outputs, n: outputs });
  if (left === undefined) return narrowed;
  const mapped = new Float32Array(places * inputs * outputs);
  for (let place = 0; place < places; place++) {
    const matrix = narrowed.subarray(place * layer.width * outputs, (place + 1) * layer.width * outputs);
    const into = mapped.subarray(place * inputs * outputs, (place + 1) * inputs * outputs);
    await matmul(left, matrix, { m: inputs, k: layer.width, n: outputs, transposeA: true }, into);
  }
  return mapped;
}

/** input ⊗ delta of each place, [places × in · out]. */
function outerProducts(input: Float32Array, delta: Float32Array, places: number): Float32Array {
  const [inputs, outputs] = [input.length / places, delta.length / places];
  const rows = new Float32Array(places * inputs * outputs);
  for (let i = 0; i < places * inputs; i++) {
    const from = Math.floor(i / inputs) * outputs;
    for (let o = 0; o < outputs; o++) rows[i * outputs + o] = input[i] * delta[from + o];
  }
  return rows;
}
