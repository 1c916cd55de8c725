import { sizeOf } from '@attribution-bench/contract';
import { microsoftDomain } from '@attribution-bench/onnx';
import { fuseProducts } from './fuse-products.js';
import { type GraphBuilder, type GraphNode, nodesInOrder, type Value } from './graph-builder.js';
import { apply, transpose } from './operators.js';
import { replaceNodes } from './replace-nodes.js';
import type { Lookup } from './rewriting.js';
import { isProduct, isUndivided, sameBytes, termsOf } from './same-bytes.js';

/** Multiplications of a graph from which on it matters how long it takes. */
const worthSharing = 1e9;
/** Multiplications for each operator from which on several threads gain far more than it takes to wake them up for each. */
const worthWaking = 1.5e6;

/** Whether several threads compute values in less time, and to the same bytes. */
export function isDivisible(roots: readonly Value[]): boolean {
  return isLarge(roots) && sameBytes(roots);
}

function isLarge(roots: readonly Value[]): boolean {
  const nodes = nodesInOrder(roots);
  const total = nodes.reduce((sum, node) => sum + multiplications(node), 0);
  return total > Math.max(worthSharing, worthWaking * nodes.length);
}

function multiplications(node: GraphNode): number {
  const {
    op,
    inputs: [a, b],
    outputs: [result],
  } = node;
  if (a === undefined || b === undefined) return 0;
  if (isProduct(node)) return sizeOf(result.shape) * termsOf(node);
  if (op === 'Conv') return sizeOf(result.shape) * sizeOf(b.shape.slice(1));
  return op === 'ConvTranspose' ? sizeOf(a.shape) * sizeOf(b.shape.slice(1)) : 0;
}

/**
 * What makes graphs fast on a processor, on any number of threads: products are fused and, in graphs that are worth sharing,
 * those whose sums threads would cut are computed as their transposes.
 */
export function forThreads(g: GraphBuilder, roots: readonly Value[]): Value[] {
  return fuseProducts(g, isLarge(roots) ? replaceNodes(g, roots, (node, now) => flipped(g, node, now)) : roots);
}

/** A product of fewer rows than columns as the transpose of one that threads share by its rows. */
function flipped(g: GraphBuilder, node: GraphNode, now: Lookup): Value | undefined {
  const { op, inputs, outputs, attributes } = node;
  const [a, b] = inputs;
  if (op !== 'Gemm' || inputs.length > 2 || a === undefined || b === undefined || isUndivided(node)) return undefined;
  const [rows, columns] = outputs[0].shape;
  if ('alpha' in attributes || rows >= columns) return undefined;
  const { transA, transB } = attributes as Readonly<Record<'transA' | 'transB', { readonly int: number }>>;
  // ONNX Runtime would undo this for a Gemm.
  const product = apply(g, 'FusedMatMul', [now(b), now(a)], {
    shape: [columns, rows],
    domain: microsoftDomain,
    attributes: { transA: { int: 1 - transB.int }, transB: { int: 1 - transA.int } },
  });
  return transpose(g, product, [1, 0]);
}
