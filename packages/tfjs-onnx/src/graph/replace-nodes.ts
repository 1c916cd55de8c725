import { type GraphBuilder, type GraphNode, nodesInOrder, type Value } from './graph-builder.js';
import type { Lookup } from './rewriting.js';

/**
 * Goes through all that values depend on, each node after what it uses, and makes nodes anew whose inputs were replaced.
 * @param replacement what stands for the first output of a node; undefined: the node itself
 * @returns the values in place of `roots`
 */
export function replaceNodes(
  g: GraphBuilder,
  roots: readonly Value[],
  replacement: (node: GraphNode, now: Lookup) => Value | undefined,
): Value[] {
  const replaced = new Map<Value, Value>();
  const now = (value: Value): Value => replaced.get(value) ?? value;
  for (const node of nodesInOrder(roots)) {
    const other = replacement(node, now);
    if (other !== undefined) {
      replaced.set(node.outputs[0], other);
    } else if (node.inputs.some((input) => input !== undefined && replaced.has(input))) {
      const { op, domain, attributes, outputs } = node;
      const inputs = node.inputs.map((input) => (input === undefined ? undefined : now(input)));
      const made = g.node({
        op,
        domain,
        attributes,
        inputs,
        outputs: outputs.map((output) => ({
          type: output.type,
          shape: output.shape,
          optional: node.optional.has(output),
        })),
      });
      for (const [i, output] of outputs.entries()) replaced.set(output, made[i]);
    }
  }
  return roots.map(now);
}
