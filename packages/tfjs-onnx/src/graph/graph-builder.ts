import { sizeOf } from '@attribution-bench/contract';
import type { OnnxAttribute, OnnxConstant, OnnxType } from '@attribution-bench/onnx';

export type ConstantData = OnnxConstant['data'];
export type Attributes = Readonly<Record<string, OnnxAttribute>>;

/** Where a value comes from. A `fill` is a constant with one number everywhere, kept unmaterialised. */
export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly data: ConstantData }
  | { readonly kind: 'fill'; readonly fill: number }
  | { readonly kind: 'node'; readonly node: GraphNode };

/** A tensor of a graph under construction. */
export interface Value {
  readonly id: number;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly source: Source;
  /** Whether it depends on what changes from step to step of a scan. */
  readonly inLoop: boolean;
}

export interface GraphNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
  /** Outputs that need not be computed when nothing uses them. */
  readonly optional: ReadonlySet<Value>;
}

export interface NodeSpec {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes?: Attributes;
  readonly outputs: readonly {
    readonly type: OnnxType;
    readonly shape: readonly number[];
    readonly optional?: boolean;
  }[];
}

/**
 * Builds a graph in which equal nodes and equal constants exist once: asking again for the same operator on the same
 * values gives the value made before, so common subexpressions never arise. Nodes that nothing uses are left behind
 * when the graph is written.
 */
export interface GraphBuilder {
  /** Channels in a block of ONNX Runtime's blocked convolutions; 1 where the graph may not use them. */
  readonly channelBlock: number;
  input(name: string, type: OnnxType, shape: readonly number[], inLoop: boolean): Value;
  /** Keeps `data`: it must not change afterwards. */
  constant(type: OnnxType, shape: readonly number[], data: ConstantData): Value;
  fill(type: OnnxType, shape: readonly number[], fill: number): Value;
  node(spec: NodeSpec): readonly Value[];
  owns(value: Value): boolean;
}

export function createGraphBuilder(channelBlock: number): GraphBuilder {
  const own = new WeakSet<Value>();
  const known = new Map<string, readonly Value[]>();
  const identities = new Map<ConstantData, number>();
  let nextId = 0;

  const identityOf = (data: ConstantData): number => {
    const identity = identities.get(data) ?? identities.size;
    identities.set(data, identity);
    return identity;
  };
  const make = (type: OnnxType, shape: readonly number[], source: Source, inLoop: boolean): Value => {
    const value = { id: nextId++, type, shape, source, inLoop };
    own.add(value);
    return value;
  };
  const once = (key: string, create: () => readonly Value[]): readonly Value[] => {
    let values = known.get(key);
    if (values === undefined) {
      values = create();
      known.set(key, values);
    }
    return values;
  };
  const fill = (type: OnnxType, shape: readonly number[], number: number): Value =>
    once(`fill ${type} [${shape}] ${Object.is(number, -0) ? '-0' : number}`, () => [
      make(type, shape, { kind: 'fill', fill: number }, false),
    ])[0];

  return {
    channelBlock,
    input: (name, type, shape, inLoop) => make(type, shape, { kind: 'input', name }, inLoop),
    constant(type, shape, data) {
      if (sizeOf(shape) !== data.length) throw new Error(`constant [${shape}] with ${data.length} elements`);
      const uniform = uniformValue(data);
      if (uniform !== undefined && type !== 'int64') return fill(type, shape, uniform);
      const content = data.length > dedupedElements ? `of array ${identityOf(data)}` : data;
      return once(`constant ${type} [${shape}] ${content}`, () => [
        make(type, shape, { kind: 'constant', data }, false),
      ])[0];
    },
    fill,
    node({ op, domain = '', inputs, attributes = {}, outputs }) {
      const operands = inputs.map((input) => input?.id ?? '').join(',');
      const key = `${domain} ${op} (${operands}) ${JSON.stringify(attributes)} ${JSON.stringify(outputs)}`;
      return once(key, () => {
        const inLoop = inputs.some((input) => input?.inLoop);
        const values: Value[] = [];
        const optional = new Set<Value>();
        const node: GraphNode = { op, domain, inputs, attributes, outputs: values, optional };
        for (const output of outputs) {
          const value = make(output.type, output.shape, { kind: 'node', node }, inLoop);
          values.push(value);
          if (output.optional) optional.add(value);
        }
        return values;
      });
    },
    owns: (value) => own.has(value),
  };
}

/** Constants up to this size are the same when their contents are; larger ones when they are one array. */
const dedupedElements = 256;

function uniformValue(data: ConstantData): number | undefined {
  if (data.length === 0 || typeof data[0] === 'bigint') return undefined;
  const first = data[0];
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], first)) return undefined;
  return first;
}

/** The node that makes a value, when it is one of the named operators. */
export function producer(value: Value, op: string): GraphNode | undefined {
  return value.source.kind === 'node' && value.source.node.op === op ? value.source.node : undefined;
}

/** The number a value holds everywhere, when that is known while the graph is built. */
export function fillOf(value: Value): number | undefined {
  return value.source.kind === 'fill' ? value.source.fill : undefined;
}

export function isConstant(value: Value): boolean {
  return value.source.kind === 'constant' || value.source.kind === 'fill';
}

/** The numbers of a constant, row-major. */
export function constantData(value: Value): ConstantData {
  if (value.source.kind === 'constant') return value.source.data;
  if (value.source.kind !== 'fill') throw new Error('not a constant');
  const { fill } = value.source;
  const size = sizeOf(value.shape);
  switch (value.type) {
    case 'float32':
      return new Float32Array(size).fill(fill);
    case 'float64':
      return new Float64Array(size).fill(fill);
    case 'int32':
      return new Int32Array(size).fill(fill);
    case 'int64':
      return new BigInt64Array(size).fill(BigInt(fill));
    default:
      return new Uint8Array(size).fill(fill);
  }
}

/** Every node that the values depend on, each after what it uses. */
export function nodesInOrder(roots: readonly Value[]): GraphNode[] {
  const order: GraphNode[] = [];
  const done = new Set<GraphNode>();
  const pending = roots
    .map(nodeOf)
    .filter((node) => node !== undefined)
    .reverse();
  while (pending.length > 0) {
    const node = pending[pending.length - 1];
    const waiting = done.has(node)
      ? []
      : node.inputs.map(nodeOf).filter((input) => input !== undefined && !done.has(input));
    if (waiting.length > 0) {
      pending.push(...(waiting as GraphNode[]).reverse());
      continue;
    }
    pending.pop();
    if (!done.has(node)) order.push(node);
    done.add(node);
  }
  return order;
}

function nodeOf(value: Value | undefined): GraphNode | undefined {
  return value?.source.kind === 'node' ? value.source.node : undefined;
}
