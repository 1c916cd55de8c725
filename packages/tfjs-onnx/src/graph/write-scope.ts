import { sizeOf } from '@attribution-bench/contract';
import type { OnnxConstant, OnnxNode } from '@attribution-bench/onnx';
import { constantData, type GraphNode, type Value } from './graph-builder.js';

/** A value under the name it has outside. */
export interface Named {
  readonly name: string;
  readonly value: Value;
}

/** The names of the values of a graph, its scopes included. */
export interface Names {
  get(value: Value): string | undefined;
  set(value: Value, name: string): void;
  fresh(): string;
}

export function createNames(): Names {
  const names = new Map<number, string>();
  let next = 0;
  return {
    get: (value) => names.get(value.id),
    set: (value, name) => void names.set(value.id, name),
    fresh: () => `%${next++}`,
  };
}

interface Scope {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  /** What is used here and must be made in the scope around it; already named. */
  readonly captured: readonly Value[];
}

/** What a scope is written for. */
export interface ScopeOutline {
  readonly names: Names;
  /** All values that something uses: optional outputs that nothing uses are left out. */
  readonly used: ReadonlySet<Value>;
  readonly results: readonly Named[];
  /** Values that do not belong to the scope are named and reported as captured. */
  readonly belongs: (value: Value) => boolean;
}

/** Writes everything that the results depend on, each node after what it uses. */
export function writeScope(outline: ScopeOutline): Scope {
  const writer = new ScopeWriter(outline);
  for (const result of outline.results) writer.writeResult(result);
  return writer;
}

/** Constants up to this size are stored where they are used, so that operators of a scan body see them as constants. */
const localElements = 1024;

class ScopeWriter implements Scope {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  readonly captured: Value[] = [];
  readonly #outline: ScopeOutline;
  /** Names of constants that are stored in this scope, by the ids of their values. */
  readonly #local = new Map<number, string>();
  /** Names that values must have, since they are results, by their ids. */
  readonly #wanted = new Map<number, string>();
  readonly #done = new Set<Value | GraphNode>();

  constructor(outline: ScopeOutline) {
    this.#outline = outline;
    for (const { name, value } of outline.results)
      if (value.source.kind !== 'input' && outline.belongs(value) && !this.#wanted.has(value.id))
        this.#wanted.set(value.id, name);
  }

  writeResult({ name, value }: Named): void {
    const pending = [value];
    while (pending.length > 0) {
      const next = pending[pending.length - 1];
      const missing = this.#isDone(next) ? [] : this.#write(next);
      if (missing.length === 0) pending.pop();
      else pending.push(...missing);
    }
    const written = this.#nameOf(value);
    if (written !== name) this.nodes.push({ op: 'Identity', inputs: [written], outputs: [name] });
  }

  /** Writes a value whose inputs are written; returns those that are not. */
  #write(value: Value): readonly Value[] {
    const { source } = value;
    if (source.kind === 'node' && this.#outline.belongs(value)) return this.#writeNode(source.node);
    this.#done.add(value);
    if (source.kind !== 'node' && sizeOf(value.shape) <= localElements) {
      const name = this.#wanted.get(value.id) ?? this.#outline.names.fresh();
      this.#local.set(value.id, name);
      this.#storeConstant(value, name);
    } else if (this.#outline.belongs(value)) {
      this.#storeConstant(value, this.#nameNew(value));
    } else {
      this.captured.push(value);
      this.#nameNew(value);
    }
    return [];
  }

  #writeNode(node: GraphNode): readonly Value[] {
    const { op, domain, inputs, outputs, optional, attributes } = node;
    const missing = inputs.filter((input): input is Value => input !== undefined && !this.#isDone(input));
    if (missing.length > 0) return missing.reverse();
    this.#done.add(node);
    this.nodes.push({
      op,
      domain,
      inputs: inputs.map((input) => (input === undefined ? '' : this.#nameOf(input))),
      outputs: outputs.map((output) =>
        optional.has(output) && !this.#outline.used.has(output) ? '' : this.#nameNew(output),
      ),
      attributes,
    });
    return [];
  }

  /** A large constant that is one number everywhere is stored as that number and expanded when the graph runs. */
  #storeConstant(value: Value, name: string): void {
    const { type, shape } = value;
    if (value.source.kind !== 'fill' || sizeOf(shape) <= localElements) {
      this.constants.push({ name, type, shape, data: constantData(value) });
      return;
    }
    const { names } = this.#outline;
    const [one, sizes] = [names.fresh(), names.fresh()];
    this.constants.push({ name: one, type, shape: [], data: constantData({ ...value, shape: [] }) });
    this.constants.push({ name: sizes, type: 'int64', shape: [shape.length], data: BigInt64Array.from(shape, BigInt) });
    this.nodes.push({ op: 'Expand', inputs: [one, sizes], outputs: [name] });
  }

  #isDone(value: Value): boolean {
    const { source } = value;
    return source.kind === 'input' || this.#done.has(value) || (source.kind === 'node' && this.#done.has(source.node));
  }

  #nameOf(value: Value): string {
    return this.#local.get(value.id) ?? this.#outline.names.get(value) ?? '';
  }

  #nameNew(value: Value): string {
    const name = this.#wanted.get(value.id) ?? this.#outline.names.get(value) ?? this.#outline.names.fresh();
    this.#outline.names.set(value, name);
    return name;
  }
}
