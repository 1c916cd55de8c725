import type { Value } from './graph-builder.js';

/** What stands for a value in the graph that is being rewritten. */
export type Lookup = (value: Value) => Value;

/** Whether exactly one thing uses a value of the graph from before. */
export type UsedOnce = (value: Value | undefined) => value is Value;

/** Both orders of two operands. */
export const bothWays = (a: Value, b: Value): [Value, Value][] => [
  [a, b],
  [b, a],
];
