import { sizeOf } from '@attribution-bench/contract';
import { blockedDomain } from '@attribution-bench/onnx';
import { type GraphBuilder, type GraphNode, producer, type Value } from './graph-builder.js';
import { blocksBy, fromBlocks, toBlocks } from './layouts.js';
import { apply, concat, elementwise, reshape, sameShape } from './operators.js';

/**
 * Images [batch, height, width, channels] taken apart by the place that pixels have in windows that tile them: by row and
 * column of the window, each [batch, height / rows, width / columns, channels].
 */
export type WindowPhases = readonly (readonly Value[])[];

/** Rows and columns of a window. */
type Window = readonly [rows: number, columns: number];

/** What images were put together from. */
const parts = new WeakMap<Value, WindowPhases>();

/** Images put together from their phases; {@link knownPhases} gives these again without taking the images apart. */
export function fromPhases(g: GraphBuilder, phases: WindowPhases): Value {
  const [batch, height, width, channels] = phases[0][0].shape;
  const size = [height * phases.length, width * phases[0].length];
  const images = reshape(g, interleaved(g, phases, width, channels), [batch, ...size, channels]);
  parts.set(images, phases);
  if (g.channelBlock > 1 && channels % g.channelBlock === 0) blocksBy(images, () => blocksOfPhases(g, phases));
  return images;
}

/** The same images in blocks. */
function blocksOfPhases(g: GraphBuilder, phases: WindowPhases): Value {
  const [batch, height, width, channels] = phases[0][0].shape;
  const size = [height * phases.length, width * phases[0].length];
  const blocks = phases.map((row) => row.map((phase) => toBlocks(g, phase)));
  return reshape(g, interleaved(g, blocks, width, g.channelBlock), [batch, channels, ...size]);
}

/** Pixels of phases side by side, then one below the other. @param numbers that lie together for each of `width` pixels */
function interleaved(g: GraphBuilder, phases: WindowPhases, width: number, numbers: number): Value {
  const joined = (values: readonly Value[], length: number): Value =>
    concat(
      g,
      values.map((value) => reshape(g, value, [sizeOf(value.shape) / length, 1, length])),
      1,
    );
  const runs = phases.map((row) => joined(row, numbers));
  return joined(runs, phases[0].length * width * numbers);
}

/** The phases that images were put together from. */
export function knownPhases(images: Value): WindowPhases | undefined {
  return parts.get(images);
}

/**
 * The phases of what a convolution of few channels gives, which are that convolution with the strides of the window, and
 * of what elementwise operators make of it. Undefined for other images, which would have to be taken apart.
 */
export function phasesOf(g: GraphBuilder, images: Value, window: Window): WindowPhases | undefined {
  const found = new Map<Value, WindowPhases | undefined>();
  const of = (value: Value): WindowPhases | undefined => {
    if (!found.has(value))
      found.set(value, convolutionPhases(g, value, window) ?? elementwisePhases(g, value, window, of));
    return found.get(value);
  };
  return of(images);
}

/** a · b by phases, where one of them was put together from phases and the other one has such phases. */
export function productOfPhases(g: GraphBuilder, a: Value, b: Value): Value | undefined {
  if (!sameShape(a.shape, b.shape)) return undefined;
  for (const [images, other] of [
    [a, b],
    [b, a],
  ]) {
    const phases = parts.get(images);
    const others = phases === undefined ? undefined : phasesOf(g, other, [phases.length, phases[0].length]);
    if (phases === undefined || others === undefined) continue;
    return fromPhases(
      g,
      phases.map((row, i) => row.map((phase, j) => elementwise(g, 'Mul', [phase, others[i][j]]))),
    );
  }
  return undefined;
}

function byPhase([rows, columns]: Window, phase: (row: number, column: number) => Value): WindowPhases {
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => phase(i, j)));
}

/** Pixels that lie a window apart are what the convolution gives with strides. */
function convolutionPhases(g: GraphBuilder, images: Value, window: Window): WindowPhases | undefined {
  const node = producer(rearranged(images), 'Conv');
  if (node === undefined || !isOfFewChannels(node)) return undefined;
  const [batch, height, width, channels] = images.shape;
  const [rows, columns] = window;
  const sizes = (name: string): readonly number[] => (node.attributes[name] as { ints: readonly number[] }).ints;
  const [top, left, bottom, right] = sizes('pads');
  if (height % rows !== 0 || width % columns !== 0 || sizes('strides').some((stride) => stride !== 1)) return undefined;
  if (Math.min(top, bottom) < rows - 1 || Math.min(left, right) < columns - 1) return undefined;
  const size = [height / rows, width / columns];
  return byPhase(window, (row, column) => {
    const pads = [top - row, left - column, bottom + row - (rows - 1), right + column - (columns - 1)];
    const attributes = { ...node.attributes, pads: { ints: pads }, strides: { ints: [...window] } };
    const shape = [batch, node.outputs[0].shape[1], ...size];
    return fromBlocks(g, apply(g, node.op, node.inputs, { shape, domain: node.domain, attributes }), channels);
  });
}

/** What lay in blocks before it was brought out of them. */
const rearranged = (images: Value): Value =>
  (producer(images, 'ReorderOutput') ?? producer(images, 'Reshape'))?.inputs[0] ?? images;

/** Images of so few channels take little time to convolve twice, where the result is also used as it is. */
const fewChannels = 4;

function isOfFewChannels({ domain, inputs: [images] }: GraphNode): boolean {
  return domain === blockedDomain && images !== undefined && images.shape[1] <= fewChannels;
}

const elementwiseOperators = new Set(
  'Add Sub Mul Div Neg Exp Log Reciprocal Sqrt Erf Tanh Sigmoid Relu HardSigmoid Elu LeakyRelu'.split(' '),
);

/** Operands are images with phases, one number, or one for each channel. */
function elementwisePhases(
  g: GraphBuilder,
  images: Value,
  window: Window,
  phases: (images: Value) => WindowPhases | undefined,
): WindowPhases | undefined {
  const node = images.source.kind === 'node' ? images.source.node : undefined;
  if (node === undefined || !elementwiseOperators.has(node.op) || images.shape.length !== 4) return undefined;
  const channels = images.shape[3];
  const operands = node.inputs.map((operand) => {
    if (operand === undefined) return undefined;
    if (sameShape(operand.shape, images.shape)) return phases(operand);
    const small = producer(operand, 'Expand')?.inputs[0] ?? operand;
    if (sizeOf(small.shape) === 1) return byPhase(window, () => small);
    if (sizeOf(small.shape) !== channels || small.shape.at(-1) !== channels) return undefined;
    const perChannel = reshape(g, small, [channels]);
    return byPhase(window, () => perChannel);
  });
  if (!operands.every((operand) => operand !== undefined)) return undefined;
  return byPhase(window, (row, column) => {
    const values = operands.map((operand) => operand[row][column]);
    return elementwise(g, node.op, values, { type: images.type, attributes: node.attributes });
  });
}
