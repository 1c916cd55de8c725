import { fillOf, type GraphBuilder, producer, type Value } from '../graph/graph-builder.js';
import { add, apply, concat, sameShape } from '../graph/operators.js';

/** A product of two matrices, either one transposed first. */
type Product = (g: GraphBuilder, a: Value, b: Value, transposeA: boolean, transposeB: boolean) => Value;

/**
 * Rows picked in each step of a scan from what is the same in all of them, times what is the same as well: one product of
 * all rows, of which each step picks.
 */
export function productOfPickedRows(
  g: GraphBuilder,
  a: Value,
  b: Value,
  transposeB: boolean,
  product: Product,
): Value | undefined {
  const picked = b.inLoop ? undefined : pickedRows(g, a);
  if (picked === undefined) return undefined;
  const all = product(g, picked.table, b, false, transposeB);
  const shape = [a.shape[0], all.shape[1]];
  return apply(g, 'Gather', [all, picked.rows], { shape, attributes: { axis: { int: 0 } } });
}

interface PickedRows {
  readonly table: Value;
  readonly rows: Value;
}

/** Also where columns that are one number everywhere were joined on. */
function pickedRows(g: GraphBuilder, x: Value): PickedRows | undefined {
  const [table, rows] = producer(x, 'Gather')?.inputs ?? [];
  if (table !== undefined && rows !== undefined) {
    const leading = sameShape(x.shape.slice(1), table.shape.slice(1)) && rows.shape.length === 1;
    return leading && rows.inLoop && !table.inLoop ? { table, rows } : undefined;
  }
  const parts = joined(x, 1) ?? [];
  const found = parts.map((part) => (fillOf(part) === undefined ? pickedRows(g, part) : undefined));
  const first = found.find((part) => part !== undefined);
  if (first === undefined) return undefined;
  const tables = parts.map((part, i) => {
    const fill = fillOf(part);
    if (fill !== undefined) return g.fill(part.type, [first.table.shape[0], part.shape[1]], fill);
    return found[i]?.rows === first.rows ? found[i].table : undefined;
  });
  if (!tables.every((part) => part !== undefined)) return undefined;
  return { table: concat(g, tables, 1), rows: first.rows };
}

/**
 * A product of two matrices that are joined at the same places along the axis it sums over, where a part of each is one
 * number everywhere: the other parts' products plus a number.
 */
export function productOfParts(
  g: GraphBuilder,
  a: Value,
  b: Value,
  transposeA: boolean,
  transposeB: boolean,
  product: Product,
): Value | undefined {
  const [summedA, summedB] = [transposeA ? 0 : 1, transposeB ? 1 : 0];
  const lefts = joined(a, summedA) ?? [];
  const rights = joined(b, summedB) ?? [];
  if (lefts.length !== rights.length) return undefined;
  if (lefts.some((left, i) => left.shape[summedA] !== rights[i].shape[summedB])) return undefined;
  const numbers = lefts.map((left, i) => {
    const [x, y] = [fillOf(left), fillOf(rights[i])];
    return x === undefined || y === undefined ? undefined : x * y * left.shape[summedA];
  });
  if (numbers.every((number) => number === undefined)) return undefined;
  const shape = [a.shape[1 - summedA], b.shape[1 - summedB]];
  const parts = lefts.map((left, i) => {
    const number = numbers[i];
    return number === undefined
      ? product(g, left, rights[i], transposeA, transposeB)
      : g.fill(a.type, shape, Math.fround(number));
  });
  return parts.reduce((sum, part) => add(g, sum, part));
}

/** What a matrix was joined from along an axis. */
function joined(x: Value, axis: number): readonly Value[] | undefined {
  const node = producer(x, 'Concat');
  const along = (node?.attributes as { axis?: { int: number } } | undefined)?.axis?.int;
  return along === axis ? (node?.inputs as readonly Value[]) : undefined;
}
