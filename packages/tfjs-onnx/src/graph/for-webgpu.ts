import { sizeOf } from '@attribution-bench/contract';
import { fuseProducts } from './fuse-products.js';
import { constantData, type GraphBuilder, type GraphNode, producer, type Value } from './graph-builder.js';
import {
  add,
  apply,
  broadcastShape,
  cast,
  compare,
  concat,
  elementwise,
  expand,
  mul,
  pad,
  reduce,
  reshape,
  sameShape,
  scalar,
  slice,
  sub,
  transpose,
  where,
} from './operators.js';
import { replaceNodes } from './replace-nodes.js';
import type { Lookup } from './rewriting.js';

/** What stands for an operator's first output; `inputs` are what it has now. Undefined: the operator itself. */
type Replacement = (g: GraphBuilder, node: GraphNode, inputs: readonly Value[], now: Lookup) => Value | undefined;

/**
 * Writes otherwise what the WebGPU provider of ONNX Runtime 1.30 cannot run, or runs wrongly: negative steps of slices that do
 * not begin at the end, transposed convolutions of groups with several channels, powers that broadcast.
 */
export function forWebgpu(g: GraphBuilder, roots: readonly Value[]): Value[] {
  return replaceNodes(g, fuseProducts(g, roots), (node, now) => {
    const inputs = node.inputs.filter((input) => input !== undefined).map(now);
    return replacements[node.op]?.(g, node, inputs, now);
  });
}

const not = (g: GraphBuilder, x: Value): Value => elementwise(g, 'Not', [x], { type: 'bool' });
const and = (g: GraphBuilder, a: Value, b: Value): Value => elementwise(g, 'And', [a, b], { type: 'bool' });
const or = (g: GraphBuilder, a: Value, b: Value): Value => not(g, and(g, not(g, a), not(g, b)));

const attribute = <T>({ attributes }: GraphNode, name: string): T | undefined =>
  attributes[name] === undefined ? undefined : (Object.values(attributes[name])[0] as T);

/** A product of stacks whose matrices are transposed first. */
const fusedProduct: Replacement = (g, node, [a, b]) => {
  const turned = (x: Value, name: string): Value => {
    if (attribute(node, name) !== 1) return x;
    const axes = x.shape.map((_, axis) => axis);
    return transpose(g, x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
  };
  return apply(g, 'MatMul', [turned(a, 'transA'), turned(b, 'transB')], { shape: node.outputs[0].shape });
};

/** A single number that is added to a product as an array of one: a number without axes ends the process. */
const addedNumber: Replacement = (g, { attributes, outputs: [product] }, [a, b, c]) =>
  c?.shape.length === 0
    ? apply(g, 'Gemm', [a, b, reshape(g, c, [1])], { shape: product.shape, attributes })
    : undefined;

/** The maxima without an output for their places, which the provider refuses even where nothing uses it. */
const maximaOnly: Replacement = (g, { attributes, outputs: [values] }, inputs) =>
  apply(g, 'MaxPool', inputs, { shape: values.shape, attributes });

/** Integers are picked one by one. Slices backwards that begin at the last element are right; others are cut out first. */
const sliced: Replacement = (g, { inputs: [, ...bounds], outputs: [result] }, [x]) => {
  const [begins, , axes, steps] = bounds.map((bound) => [...constantData(bound as Value)].map(Number));
  const ranges = steps.map((step, i) => {
    const axis = axes[i];
    return { axis, size: result.shape[axis], step, begin: Math.min(begins[i], x.shape[axis] - 1) };
  });
  if (x.type !== 'float32') return ranges.reduce((value, range) => picked(g, value, range), x);
  if (steps.every((step) => step > 0)) return undefined;
  const cut = slice(
    g,
    x,
    ranges.map(({ axis, size, step, begin }) =>
      step > 0 ? { axis, size, step, begin } : { axis, size, step: -step, begin: begin + (size - 1) * step },
    ),
  );
  const turned = ranges.filter(({ step }) => step < 0);
  return slice(
    g,
    cut,
    turned.map(({ axis, size }) => ({ axis, size, step: -1, begin: size - 1 })),
  );
};

interface Range {
  readonly axis: number;
  readonly begin: number;
  readonly size: number;
  readonly step: number;
}

function picked(g: GraphBuilder, x: Value, { axis, begin, size, step }: Range): Value {
  const places = g.constant(
    'int32',
    [size],
    Int32Array.from({ length: size }, (_, i) => begin + i * step),
  );
  return apply(g, 'Gather', [x, places], { shape: x.shape.with(axis, size), attributes: { axis: { int: axis } } });
}

/** Integers and truth values side by side, one of each part: of all parts repeated, the one whose turn it is. */
const joined: Replacement = (g, node, parts) => {
  const axis = attribute<number>(node, 'axis') ?? 0;
  const [{ shape, type }] = node.outputs;
  if (type === 'float32' || parts.some((part) => part.shape[axis] !== 1)) return undefined;
  const places = g.constant(
    'int32',
    shape.map((size, i) => (i === axis ? size : 1)),
    Int32Array.from({ length: shape[axis] }, (_, i) => i),
  );
  const whole = parts
    .map((part) => expand(g, cast(g, part, 'int32'), shape))
    .reduce((all, part, i) => where(g, compare(g, 'Equal', places, scalar(g, i, 'int32')), part, all));
  return cast(g, whole, type);
};

/** Groups that take several channels and give one: a convolution of each channel of all groups, and the sum of them. */
const transposedGroups: Replacement = (g, node, [x, filter]) => {
  const groups = attribute<number>(node, 'group') ?? 1;
  const [batch, channels, height, width] = x.shape;
  const each = channels / groups;
  if (groups === 1 || each === 1 || filter.shape[1] !== 1) return undefined;
  const [, , rows, columns] = filter.shape;
  const images = reshape(g, x, [batch, groups, each, height, width]);
  const filters = reshape(g, filter, [groups, each, rows, columns]);
  const parts = Array.from({ length: each }, (_, i) => {
    const image = slice(g, images, [{ axis: 2, begin: i, size: 1 }]);
    const own = slice(g, filters, [{ axis: 1, begin: i, size: 1 }]);
    return apply(g, 'ConvTranspose', [reshape(g, image, [batch, groups, height, width]), own], {
      shape: node.outputs[0].shape,
      attributes: node.attributes,
    });
  });
  return parts.reduce((sum, part) => add(g, sum, part));
};

/** Operands of one shape, where the provider does not find its own way. */
const power: Replacement = (g, _, [a, b]) => {
  const shape = broadcastShape(a.shape, b.shape);
  if (sizeOf(b.shape) === 1 || (sameShape(a.shape, shape) && sameShape(b.shape, shape))) return undefined;
  return apply(g, 'Pow', [expand(g, a, shape), expand(g, b, shape)], { shape });
};

/** To the nearest whole number, halves to the even one. */
const round: Replacement = (g, _, [x]) => {
  const raised = add(g, x, scalar(g, 0.5));
  const upper = elementwise(g, 'Floor', [raised]);
  const half = mul(g, upper, scalar(g, 0.5));
  const isOdd = compare(g, 'Greater', sub(g, half, elementwise(g, 'Floor', [half])), scalar(g, 0));
  const isTie = compare(g, 'Equal', raised, upper);
  return where(g, and(g, isTie, isOdd), sub(g, upper, scalar(g, 1)), upper);
};

const sign: Replacement = (g, _, [x]) => {
  const [zero, one] = [scalar(g, 0, x.type), scalar(g, 1, x.type)];
  const below = where(g, compare(g, 'Less', x, zero), scalar(g, -1, x.type), zero);
  return where(g, compare(g, 'Greater', x, zero), one, expand(g, below, x.shape));
};

/** Operators that the provider has for floating-point numbers only. */
const ofIntegers =
  (write: (g: GraphBuilder, x: Value, zero: Value) => Value): Replacement =>
  (g, _, [x]) =>
    x.type === 'int32' ? write(g, x, scalar(g, 0, 'int32')) : undefined;

const selu: Replacement = (g, node, [x]) => {
  const { alpha, gamma } = node.attributes as Readonly<Record<string, { readonly float: number }>>;
  return mul(g, elementwise(g, 'Elu', [x], { attributes: { alpha } }), scalar(g, Math.fround(gamma.float)));
};

const equal: Replacement = (g, _, [a, b]) =>
  a.type === 'bool' ? or(g, and(g, a, b), and(g, not(g, a), not(g, b))) : undefined;

/** Where along an axis the first extreme is, as int32: the provider finds it as int64, which it cannot convert. */
const place: Replacement = (g, node, [found]) => {
  const search = producer(found, 'ArgMax') ?? producer(found, 'ArgMin');
  const x = search?.inputs[0];
  if (search === undefined || x === undefined || node.outputs[0].type !== 'int32') return undefined;
  const axis = attribute<number>(search, 'axis') ?? 0;
  const size = x.shape[axis];
  const top = reduce(g, search.op === 'ArgMax' ? 'ReduceMax' : 'ReduceMin', x, [axis], true);
  const shape = x.shape.map((_, i) => (i === axis ? size : 1));
  const places = g.constant(
    'float32',
    shape,
    Float32Array.from({ length: size }, (_, i) => i),
  );
  const first = where(g, compare(g, 'Equal', x, top), places, scalar(g, size));
  return cast(g, reduce(g, 'ReduceMin', first, [axis]), 'int32');
};

/** Rows summed by segment, as a product with the matrix of who belongs where: in a fixed order, and without int64. */
const sumsOfRows: Replacement = (g, { outputs: [result] }, [, places, rows]) => {
  const segments = producer(producer(places, 'Reshape')?.inputs[0] ?? places, 'Cast')?.inputs[0];
  if (places.shape.at(-1) !== 1 || segments === undefined || rows.type !== 'float32') return undefined;
  const [count, ...row] = result.shape;
  const [many, width] = [sizeOf(segments.shape), sizeOf(row)];
  const all = g.constant(
    'int32',
    [count, 1],
    Int32Array.from({ length: count }, (_, i) => i),
  );
  const belongs = cast(g, compare(g, 'Equal', all, reshape(g, segments, [1, many])), 'float32');
  const sums = apply(g, 'MatMul', [belongs, reshape(g, rows, [many, width])], { shape: [count, width] });
  return reshape(g, sums, result.shape);
};

/**
 * The error of each window's maximum, added up where the maximum is: places of maxima, which the provider does not give, are
 * found again by comparing what the windows hold, one position after the other.
 */
const towardsMaxima: Replacement = (g, _, [, places, errors], now) => {
  const pooled = producer(producer(places, 'Reshape')?.inputs[0] ?? places, 'MaxPool');
  if (pooled?.inputs[0] === undefined) return undefined;
  const x = now(pooled.inputs[0]);
  const [maxima] = pooled.outputs;
  const [top, left, bottom, right] = attribute<readonly number[]>(pooled, 'pads') ?? [0, 0, 0, 0];
  const [rows, columns] = attribute<readonly number[]>(pooled, 'kernel_shape') ?? [];
  const [down, across] = attribute<readonly number[]>(pooled, 'strides') ?? [1, 1];
  const [batch, channels, height, width] = x.shape;
  const [, , high, wide] = maxima.shape;
  const [tall, broad] = [height + top + bottom, width + left + right];
  const framed = pad(
    g,
    x,
    [
      [0, 0],
      [0, 0],
      [top, bottom],
      [left, right],
    ],
    Number.NEGATIVE_INFINITY,
  );
  const peak = apply(g, 'MaxPool', [x], { shape: maxima.shape, attributes: pooled.attributes });
  let open = reshape(g, errors, maxima.shape);
  let sum: Value | undefined;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const seen = slice(g, framed, [
        { axis: 2, begin: i, size: high, step: down },
        { axis: 3, begin: j, size: wide, step: across },
      ]);
      const share = where(g, compare(g, 'GreaterOrEqual', seen, peak), open, scalar(g, 0));
      open = sub(g, open, share);
      const spread = spaced(g, spaced(g, share, 2, down), 3, across);
      const [, , long, deep] = spread.shape;
      const [below, beside] = [Math.max(0, tall - i - long), Math.max(0, broad - j - deep)];
      const placed = pad(
        g,
        spread,
        [
          [0, 0],
          [0, 0],
          [i, below],
          [j, beside],
        ],
        0,
      );
      const own = slice(g, placed, [
        { axis: 2, begin: top, size: height },
        { axis: 3, begin: left, size: width },
      ]);
      sum = sum === undefined ? own : add(g, sum, own);
    }
  return sum === undefined ? undefined : reshape(g, sum, [batch * channels * height * width]);
};

/** `step` - 1 zeros after each element along an axis. */
function spaced(g: GraphBuilder, x: Value, axis: number, step: number): Value {
  if (step === 1) return x;
  const columns = reshape(g, x, x.shape.toSpliced(axis + 1, 0, 1));
  const zeros = g.fill(x.type, columns.shape.with(axis + 1, step - 1), 0);
  return reshape(g, concat(g, [columns, zeros], axis + 1), x.shape.with(axis, x.shape[axis] * step));
}

const replacements: Readonly<Record<string, Replacement>> = {
  FusedMatMul: fusedProduct,
  Gemm: addedNumber,
  Sum: (g, _, inputs) => inputs.reduce((sum, input) => add(g, sum, input)),
  MaxPool: maximaOnly,
  Slice: sliced,
  Concat: joined,
  ConvTranspose: transposedGroups,
  Pow: power,
  Selu: selu,
  Round: round,
  Sign: sign,
  Neg: ofIntegers((g, x, zero) => sub(g, expand(g, zero, x.shape), x)),
  Abs: ofIntegers((g, x, zero) => where(g, compare(g, 'Less', x, zero), sub(g, expand(g, zero, x.shape), x), x)),
  Relu: ofIntegers((g, x, zero) => where(g, compare(g, 'Greater', x, zero), x, expand(g, zero, x.shape))),
  Or: (g, _, [a, b]) => or(g, a, b),
  Equal: equal,
  Cast: place,
  ScatterND: sumsOfRows,
  ScatterElements: towardsMaxima,
};
