import { sizeOf } from '@attribution-bench/contract';
import type { OnnxConstant, OnnxGraph, OnnxNode, OnnxShape, OnnxValue } from '@attribution-bench/onnx';
import { fuseProducts } from './fuse-products.js';
import { constantData, type GraphBuilder, type GraphNode, nodesInOrder, type Value } from './graph-builder.js';

/** A value under the name it has outside. */
export interface Named {
  readonly name: string;
  readonly value: Value;
}

export interface ScanOutline {
  /** Carried tensors: what a step starts from, and what it ends with in the same order. */
  readonly carryIn: readonly Named[];
  readonly carryOut: readonly Named[];
  /** Slices of what is fed step by step. */
  readonly each: readonly Named[];
  /** What every step emits. */
  readonly emit: readonly Named[];
  /** What all steps see. */
  readonly shared: readonly Named[];
}

/** The ONNX graph of outputs computed from inputs. Only what an output depends on is written. */
export function writeGraph(g: GraphBuilder, inputs: readonly Named[], given: readonly Named[]): OnnxGraph {
  const outputs = fused(g, given);
  const names = createNames();
  for (const { name, value } of inputs) names.set(value, name);
  const results = distinctNames(inputs, outputs);
  const scope = writeScope(
    names,
    usedValues(outputs),
    outputs.map(({ value }, i) => ({ name: results[i], value })),
    () => true,
  );
  return {
    inputs: inputs.map(({ name, value }) => describe(name, value)),
    outputs: outputs.map(({ value }, i) => describe(results[i], value)),
    nodes: scope.nodes,
    constants: scope.constants,
  };
}

/** The ONNX graph of a scan: one Scan node whose body is the step. What is the same in every step is computed before. */
export function writeScan(g: GraphBuilder, scan: ScanOutline): OnnxGraph {
  const names = createNames();
  const stepInputs = [...scan.carryIn, ...scan.each];
  const stepOutputs = fused(g, [...scan.carryOut, ...scan.emit]);
  const inputs = [...stepInputs, ...scan.shared];
  const results = distinctNames(inputs, stepOutputs);
  for (const { name, value } of stepInputs) names.set(value, `step:${name}`);
  for (const { name, value } of scan.shared) names.set(value, name);

  const used = usedValues(stepOutputs);
  const body = writeScope(
    names,
    used,
    stepOutputs.map(({ value }, i) => ({ name: `step:${results[i]}`, value })),
    (value) => value.inLoop,
  );
  const before = writeScope(
    names,
    used,
    body.captured.map((value) => ({ name: names.get(value) ?? '', value })),
    () => true,
  );
  const bodyGraph: OnnxGraph = {
    inputs: stepInputs.map(({ name, value }) => describe(`step:${name}`, value)),
    outputs: stepOutputs.map(({ value }, i) => describe(`step:${results[i]}`, value)),
    nodes: body.nodes,
    constants: body.constants,
  };
  const scanNode: OnnxNode = {
    op: 'Scan',
    inputs: stepInputs.map(({ name }) => name),
    outputs: results,
    attributes: { num_scan_inputs: { int: scan.each.length }, body: { graph: bodyGraph } },
  };
  return {
    inputs: inputs.map(({ name, value }, i) => {
      const stepwise = i >= scan.carryIn.length && i < stepInputs.length;
      return describe(name, value, stepwise ? ['steps', ...value.shape] : value.shape);
    }),
    outputs: stepOutputs.map(({ value }, i) =>
      describe(results[i], value, i < scan.carryOut.length ? value.shape : ['steps', ...value.shape]),
    ),
    nodes: [...before.nodes, scanNode],
    constants: before.constants,
  };
}

function usedValues(outputs: readonly Named[]): Set<Value> {
  const roots = outputs.map(({ value }) => value);
  return new Set([
    ...roots,
    ...nodesInOrder(roots).flatMap(({ inputs }) => inputs.filter((input) => input !== undefined)),
  ]);
}

function fused(g: GraphBuilder, outputs: readonly Named[]): Named[] {
  const values = fuseProducts(
    g,
    outputs.map(({ value }) => value),
  );
  return outputs.map(({ name }, i) => ({ name, value: values[i] }));
}

function describe(name: string, { type, shape }: Value, outerShape: OnnxShape = shape): OnnxValue {
  return { name, type, shape: outerShape };
}

/** Names for outputs that no input and no other output has. */
function distinctNames(inputs: readonly Named[], outputs: readonly Named[]): string[] {
  const taken = new Set(inputs.map(({ name }) => name));
  return outputs.map(({ name }) => {
    let free = name;
    while (taken.has(free)) free = `${free}'`;
    taken.add(free);
    return free;
  });
}

interface Names {
  get(value: Value): string | undefined;
  set(value: Value, name: string): void;
  fresh(): string;
}

function createNames(): Names {
  const names = new Map<number, string>();
  let next = 0;
  return {
    get: (value) => names.get(value.id),
    set: (value, name) => void names.set(value.id, name),
    fresh: () => `%${next++}`,
  };
}

interface Scope {
  readonly nodes: OnnxNode[];
  readonly constants: OnnxConstant[];
  /** What is used here and must be made in the scope around it; already named. */
  readonly captured: readonly Value[];
}

/** Constants up to this size are stored where they are used, so that operators of a scan body see them as constants. */
const localElements = 1024;

/**
 * Writes everything that `results` depend on, each node after what it uses. Values that do not belong to this scope are
 * named and reported as captured.
 */
function writeScope(
  names: Names,
  used: ReadonlySet<Value>,
  results: readonly Named[],
  belongs: (value: Value) => boolean,
): Scope {
  const nodes: OnnxNode[] = [];
  const constants: OnnxConstant[] = [];
  const captured: Value[] = [];
  const local = new Map<number, string>();
  const done = new Set<Value | GraphNode>();
  const wanted = new Map<number, string>();
  for (const { name, value } of results)
    if (value.source.kind !== 'input' && belongs(value) && !wanted.has(value.id)) wanted.set(value.id, name);

  const nameOf = (value: Value): string => local.get(value.id) ?? names.get(value) ?? '';
  const nameNew = (value: Value): string => {
    const name = wanted.get(value.id) ?? names.get(value) ?? names.fresh();
    names.set(value, name);
    return name;
  };
  const isDone = (value: Value): boolean =>
    value.source.kind === 'input' || done.has(value) || (value.source.kind === 'node' && done.has(value.source.node));

  const storeConstant = (value: Value, name: string): void => {
    const { type, shape } = value;
    if (value.source.kind === 'fill' && sizeOf(shape) > localElements) {
      const [one, sizes] = [names.fresh(), names.fresh()];
      constants.push({ name: one, type, shape: [], data: constantData({ ...value, shape: [] }) });
      constants.push({ name: sizes, type: 'int64', shape: [shape.length], data: BigInt64Array.from(shape, BigInt) });
      nodes.push({ op: 'Expand', inputs: [one, sizes], outputs: [name] });
    } else {
      constants.push({ name, type, shape, data: constantData(value) });
    }
  };

  /** Writes a value whose inputs are written; returns those that are not. */
  const write = (value: Value): readonly Value[] => {
    const { source } = value;
    if (source.kind !== 'node' && sizeOf(value.shape) <= localElements) {
      const name = wanted.get(value.id) ?? names.fresh();
      local.set(value.id, name);
      done.add(value);
      storeConstant(value, name);
      return [];
    }
    if (!belongs(value)) {
      done.add(value);
      captured.push(value);
      nameNew(value);
      return [];
    }
    if (source.kind !== 'node') {
      done.add(value);
      storeConstant(value, nameNew(value));
      return [];
    }
    const { op, domain, inputs, outputs, optional, attributes } = source.node;
    const missing = inputs.filter((input): input is Value => input !== undefined && !isDone(input));
    if (missing.length > 0) return missing.reverse();
    done.add(source.node);
    nodes.push({
      op,
      domain,
      inputs: inputs.map((input) => (input === undefined ? '' : nameOf(input))),
      outputs: outputs.map((output) => (optional.has(output) && !used.has(output) ? '' : nameNew(output))),
      attributes,
    });
    return [];
  };

  for (const { name, value } of results) {
    const pending = [value];
    while (pending.length > 0) {
      const next = pending[pending.length - 1];
      const missing = isDone(next) ? [] : write(next);
      if (missing.length === 0) pending.pop();
      else pending.push(...missing);
    }
    if (nameOf(value) !== name) nodes.push({ op: 'Identity', inputs: [nameOf(value)], outputs: [name] });
  }
  return { nodes, constants, captured };
}
