import type { Output, OutputFunction, RowBlock } from '@attribution-bench/contract';
import type { FactorProjector, LayerMap, LayerShape } from '@attribution-bench/numerics';
import type { Program, TensorSpec } from '@attribution-bench/onnx';
import type { Engine, Tensors } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { parameterSpecs, unpacked } from '../nn/architecture/flat.js';
import type { LayerSpec } from '../nn/architecture/layer.js';
import { type Patches, patchesOf } from '../nn/architecture/patches.js';
import { positionFactors } from '../nn/gradients/sample-gradients.js';
import type { Taps } from '../nn/interpreters/tapped.js';
import { averagedTaps } from './averaged-taps.js';
import type { CompiledPrograms } from './compiled-programs.js';
import type { OpenedPass, PassRun } from './opened-pass.js';
import { rowRanges } from './row-ranges.js';

const leftName = (layer: string): string => `${layer}:left`;
const rightName = (layer: string): string => `${layer}:right`;
const blockBytes = 2 ** 22;
const mappedBytes = 2 ** 25;

/** What a projection by layers needs to know of a layer: those whose only input is constant 1 are not products. */
export function layerShape({ width, outputs }: LayerSpec): LayerShape {
  return { width, outputs, factored: width > 1 };
}

/** Points whose gradients, mapped to as many numbers as there are parameters, stay with mapped inputs within some 32 MiB. */
export function mappedAtOnce({ subject: { architecture }, pass }: OpenedPass): number {
  const inputs = architecture.layers.map(({ positions, width }) => pass.positions * positions * width);
  return Math.max(1, Math.floor(mappedBytes / (4 * (architecture.size + Math.max(...inputs)))));
}

/** Gradients of all points of a set as a projector makes them, streamed by a program that is borrowed for that long. */
export async function* mappedGradients(
  engine: Engine,
  borrowed: CompiledPrograms['borrowed'],
  { projector, output }: { readonly projector: FactorProjector; readonly output: Output },
  opened: OpenedPass,
  run: PassRun,
): AsyncGenerator<RowBlock> {
  const name = `${mapsName(projector.layers)} for ${opened.samples} of`;
  const { program, giveBack } = await borrowed(name, output, opened.pass, () =>
    compileMappedGradients(engine, opened, opened.subject.outputFunction(output), projector.layers),
  );
  try {
    yield* streamMappedGradients(program, projector, opened, run);
  } finally {
    await giveBack();
  }
}

/** Names the maps that one program serves. */
function mapsName(maps: readonly LayerMap[]): string {
  return maps
    .map(
      ({ left, inputs, right, outputs }) =>
        `${inputs}${left === undefined ? '=' : ''}×${outputs}${right === undefined ? '=' : ''}`,
    )
    .join(' ');
}

/**
 * Compiles: leftᵀ · A · right of the matrices A of every layer in the gradient of a scalar of each point, averaged over its
 * positions, [samples × mapped]. Factors are mapped before they meet, so that A is not formed; a mapped convolution is one
 * with fewer filters.
 */
function compileMappedGradients(
  engine: Engine,
  opened: OpenedPass,
  output: OutputFunction,
  maps: readonly LayerMap[],
): Promise<Program> {
  const {
    subject: { architecture },
    pass,
    samples,
  } = opened;
  const { layers } = architecture;
  const sides: Record<string, TensorSpec> = {};
  for (const [l, { name, width, outputs }] of layers.entries()) {
    const { left, right } = maps[l];
    if (left !== undefined) sides[leftName(name)] = { shape: [width, maps[l].inputs], dtype: 'float32' };
    if (right !== undefined) sides[rightName(name)] = { shape: [outputs, maps[l].outputs], dtype: 'float32' };
  }
  return engine.program(
    (feeds) => {
      const taps = averagedTaps(opened, output, feeds);
      const rows = layers.map((layer, l) => mappedLayer(layer, taps[layer.name], maps[l], feeds, samples));
      return { rows: rows.length === 1 ? rows[0] : tf.concat(rows, 1) };
    },
    { ...parameterSpecs(architecture.arrays), ...sides, ...pass.specs(samples) },
  );
}

/** [samples × inputs · outputs], summed over the rows of each sample and the layer's positions. */
function mappedLayer(layer: LayerSpec, taps: Taps, map: LayerMap, feeds: Tensors, samples: number): tf.Tensor {
  const { name, outputs } = layer;
  const factors = positionFactors(layer, taps);
  const delta = tf.reshape(factors.delta, [-1, outputs]);
  const left = mappedInputs(layer, factors.input, feeds[leftName(name)]);
  const right = feeds[rightName(name)];
  return tf.reshape(
    tf.matMul(
      tf.reshape(left, [samples, -1, map.inputs]),
      tf.reshape(right === undefined ? delta : tf.matMul(delta, right), [samples, -1, map.outputs]),
      true,
    ),
    [samples, map.inputs * map.outputs],
  );
}

/** What a layer's matrix meets at each position, the constant included, times `left` where that is given. */
function mappedInputs({ bias, width, patches }: LayerSpec, input: tf.Tensor, left: tf.Tensor | undefined): tf.Tensor {
  if (patches === undefined) {
    const seen = tf.reshape(input, [-1, width]);
    return left === undefined ? seen : tf.matMul(seen, left);
  }
  if (left === undefined) {
    const seen = patchesOf(patches, input);
    return bias ? tf.concat([seen, tf.ones([...seen.shape.slice(0, -1), 1])], -1) : seen;
  }
  const columns = left.shape[1] as number;
  if (!bias) return filtered(patches, input, left, columns);
  const [weight, constant] = tf.split(left, [width - 1, 1]);
  return tf.add(filtered(patches, input, weight, columns), constant);
}

function filtered(
  { kernel, stride, pads: [top, bottom, left, right], input: [, , channels] }: Patches,
  images: tf.Tensor,
  weight: tf.Tensor,
  filters: number,
): tf.Tensor {
  return tf.conv2d(
    images as tf.Tensor4D,
    tf.reshape(weight, [kernel, kernel, channels, filters]) as tf.Tensor4D,
    stride,
    [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
  );
}

/** Streams gradients of all points of a set as `projector` makes them of mapped ones, in blocks of points. */
async function* streamMappedGradients(
  program: Program,
  projector: FactorProjector,
  { subject, pass, samples }: OpenedPass,
  { of, parameters, cancel }: PassRun,
): AsyncGenerator<RowBlock> {
  const { architecture, count } = subject;
  const { dim, layers, mapped } = projector;
  const total = count(of);
  const feeds: Record<string, Float32Array> = { ...unpacked(architecture.arrays, parameters) };
  for (const [l, { name }] of architecture.layers.entries()) {
    const { left, right } = layers[l];
    if (left !== undefined) feeds[leftName(name)] = left;
    if (right !== undefined) feeds[rightName(name)] = right;
  }
  const block = Math.min(total, samples * Math.max(1, Math.floor(blockBytes / (4 * dim * samples))));
  const data = new Float32Array(block * dim);
  for (const { start, count: rows } of rowRanges(total, block)) {
    data.fill(0, 0, rows * dim);
    for (const range of rowRanges(rows, samples)) {
      cancel.throwIfAborted();
      const results = await program.run({ ...feeds, ...pass.feeds(of, start + range.start, range.count, samples) });
      const found = results.rows as Float32Array;
      const place = range.start * dim;
      projector.project(found.subarray(0, range.count * mapped), data.subarray(place, place + range.count * dim));
    }
    yield { start, rows, cols: dim, data: data.subarray(0, rows * dim) };
  }
}
