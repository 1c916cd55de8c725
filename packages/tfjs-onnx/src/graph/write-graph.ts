import type { OnnxGraph, OnnxNode, OnnxShape, OnnxValue } from '@attribution-bench/onnx';
import { isDivisible } from './divisible.js';
import { fuseProducts } from './fuse-products.js';
import { type GraphBuilder, nodesInOrder, type Value } from './graph-builder.js';
import { createNames, type Named, writeScope } from './write-scope.js';

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

/** Another way to compute values, in their order. */
export type Rewriting = (g: GraphBuilder, values: readonly Value[]) => Value[];

/** A graph that is written, and whether it gains from several threads without losing a byte. */
export interface WrittenGraph extends OnnxGraph {
  readonly divisible: boolean;
}

/** The ONNX graph of outputs computed from inputs. Only what an output depends on is written. */
export function writeGraph(
  g: GraphBuilder,
  inputs: readonly Named[],
  given: readonly Named[],
  rewriting: Rewriting = fuseProducts,
): WrittenGraph {
  const outputs = rewritten(g, given, rewriting);
  const names = createNames();
  for (const { name, value } of inputs) names.set(value, name);
  const results = distinctNames(inputs, outputs);
  const scope = writeScope({
    names,
    used: usedValues(outputs),
    results: outputs.map(({ value }, i) => ({ name: results[i], value })),
    belongs: () => true,
  });
  return {
    inputs: inputs.map(({ name, value }) => describe(name, value)),
    outputs: outputs.map(({ value }, i) => describe(results[i], value)),
    nodes: scope.nodes,
    constants: scope.constants,
    divisible: isDivisible(outputs.map(({ value }) => value)),
  };
}

/** The ONNX graph of a scan: one Scan node whose body is the step. What is the same in every step is computed before. */
export function writeScan(g: GraphBuilder, scan: ScanOutline, rewriting: Rewriting = fuseProducts): WrittenGraph {
  const names = createNames();
  const stepInputs = [...scan.carryIn, ...scan.each];
  const stepOutputs = rewritten(g, [...scan.carryOut, ...scan.emit], rewriting);
  const inputs = [...stepInputs, ...scan.shared];
  const results = distinctNames(inputs, stepOutputs);
  for (const { name, value } of stepInputs) names.set(value, `step:${name}`);
  for (const { name, value } of scan.shared) names.set(value, name);

  const used = usedValues(stepOutputs);
  const body = writeScope({
    names,
    used,
    results: stepOutputs.map(({ value }, i) => ({ name: `step:${results[i]}`, value })),
    belongs: (value) => value.inLoop,
  });
  const before = writeScope({
    names,
    used,
    results: body.captured.map((value) => ({ name: names.get(value) ?? '', value })),
    belongs: () => true,
  });
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
    divisible: isDivisible(stepOutputs.map(({ value }) => value)),
  };
}

function usedValues(outputs: readonly Named[]): Set<Value> {
  const roots = outputs.map(({ value }) => value);
  return new Set([
    ...roots,
    ...nodesInOrder(roots).flatMap(({ inputs }) => inputs.filter((input) => input !== undefined)),
  ]);
}

function rewritten(g: GraphBuilder, outputs: readonly Named[], rewriting: Rewriting): Named[] {
  const values = rewriting(
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
