import type { BoardRow, CounterfactualBoard, CounterfactualRow, RankFlip } from '../board.js';
import type { MadeTask } from './make-task.js';
import { pairs } from './pairs.js';

/** A task with the key of its data, model and target. */
type KeyedTask = MadeTask & { readonly key: string };

/**
 * What becomes of ranks where a grid asks several questions of one model: for each group of tasks that differ in their truth
 * only, the ranks under each truth, and the pairs of methods that are told apart under two of them in opposite orders. A
 * pair can only be among them by mistake if it is told apart by mistake on one of its tasks, which the family error bounds.
 */
export function counterfactualBoards(tasks: readonly KeyedTask[]): CounterfactualBoard[] {
  const groups = new Map<string, KeyedTask[]>();
  for (const task of tasks) {
    const { truth, rankedBy } = task.summary;
    if (truth === undefined || rankedBy === undefined) continue;
    const name = `${rankedBy} ${task.key}`;
    groups.set(name, [...(groups.get(name) ?? []), task]);
  }
  return [...groups.values()].flatMap((group) => {
    const metric = group[0].summary.rankedBy;
    return group.length < 2 || metric === undefined ? [] : [counterfactualBoard(group, metric)];
  });
}

function counterfactualBoard(group: readonly KeyedTask[], metric: string): CounterfactualBoard {
  const rows = rowsOf(group);
  const ordered = pairs(rows.length).map(([i, j]) => [rows[i].entry, rows[j].entry] as const);
  const flips = ordered.flatMap((pair) => flipOf(pair, group) ?? []);
  const changing = ordered.filter((pair) => changesOrder(pair, group, metric)).length;
  return { tasks: group.map(({ summary }) => summary.id), metric, rows, flips, unsettled: changing - flips.length };
}

/** By the mean of the ranks they have, then by title. */
function rowsOf(group: readonly KeyedTask[]): CounterfactualRow[] {
  const ranked = group.map(({ rows }) => rows.filter(({ rank }) => rank !== undefined));
  const entries = new Map(ranked.flat().map(({ entry, title }) => [entry, title]));
  return [...entries]
    .map(([entry, title]) => ({ entry, title, ranks: ranked.map((rows) => named(rows, entry)?.rank ?? null) }))
    .sort((a, b) => meanRank(a) - meanRank(b) || (a.title < b.title ? -1 : 1));
}

function named(rows: readonly BoardRow[], entry: string): BoardRow | undefined {
  return rows.find((row) => row.entry === entry);
}

function meanRank({ ranks }: CounterfactualRow): number {
  const known = ranks.flatMap((rank) => rank?.point ?? []);
  return known.reduce((sum, rank) => sum + rank, 0) / known.length;
}

type Pair = readonly [entry: string, other: string];

function flipOf([entry, other]: Pair, group: readonly KeyedTask[]): RankFlip | undefined {
  const differences = group.flatMap(({ summary, toldApart }) => {
    const found = toldApart.find(({ pair }) => pair.includes(entry) && pair.includes(other));
    if (found === undefined) return [];
    const { value, low, high } = found.difference;
    const ofEntry = found.pair[0] === entry ? { value, low, high } : { value: -value, low: -high, high: -low };
    return { task: summary.id, ...ofEntry };
  });
  const flips = differences.some(({ value }) => value > 0) && differences.some(({ value }) => value < 0);
  return flips ? { entry, other, differences } : undefined;
}

function changesOrder([entry, other]: Pair, group: readonly KeyedTask[], metric: string): boolean {
  const signs = group.map(({ rows }) => {
    const [one, two] = [named(rows, entry), named(rows, other)].map((row) => row?.metrics[metric]?.value);
    return one === undefined || two === undefined ? 0 : Math.sign(one - two);
  });
  return signs.includes(1) && signs.includes(-1);
}
