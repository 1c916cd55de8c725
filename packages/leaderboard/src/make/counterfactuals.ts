import type { BoardRow, CounterfactualBoard, CounterfactualRow, RankFlip } from '../board.js';
import type { MadeTask, ToldApart } from './make-task.js';
import { pairs } from './pairs.js';

/** A task with the key of its data, model and target. */
type KeyedTask = Pick<MadeTask, 'summary' | 'toldApart'> & { readonly key: string };

/**
 * What becomes of ranks where a grid asks several questions of one model: for each group of tasks that differ in their truth
 * only, the ranks under each truth, and the pairs of methods that are told apart under two of them in opposite orders. A
 * pair can only be among them by mistake if it is told apart by mistake on one of its tasks, which the family error bounds.
 */
export function counterfactualBoards(tasks: readonly KeyedTask[], rows: readonly BoardRow[]): CounterfactualBoard[] {
  const groups = new Map<string, KeyedTask[]>();
  for (const task of tasks) {
    const { truth, rankedBy } = task.summary;
    if (truth === undefined || rankedBy === undefined) continue;
    const name = `${rankedBy} ${task.key}`;
    groups.set(name, [...(groups.get(name) ?? []), task]);
  }
  return [...groups.values()].flatMap((group) => {
    const [{ summary }] = group;
    if (group.length < 2 || summary.rankedBy === undefined) return [];
    return [
      {
        tasks: group.map((task) => task.summary.id),
        metric: summary.rankedBy,
        rows: rowsOf(group, rows),
        flips: flipsOf(group),
      },
    ];
  });
}

function rowsOf(group: readonly KeyedTask[], rows: readonly BoardRow[]): CounterfactualRow[] {
  const ids = group.map(({ summary }) => summary.id);
  const ranked = rows.filter(({ task, rank }) => rank !== undefined && ids.includes(task));
  const found = [...new Set(ranked.map(({ entry }) => entry))].map((entry): CounterfactualRow => {
    const own = ranked.filter((row) => row.entry === entry);
    return {
      entry,
      title: own[0].title,
      ranks: ids.map((id) => own.find(({ task }) => task === id)?.rank ?? null),
    };
  });
  return found.sort((a, b) => meanRank(a) - meanRank(b) || (a.title < b.title ? -1 : 1));
}

function meanRank({ ranks }: CounterfactualRow): number {
  const known = ranks.flatMap((rank) => rank?.point ?? []);
  return known.reduce((sum, rank) => sum + rank, 0) / known.length;
}

function flipsOf(group: readonly KeyedTask[]): RankFlip[] {
  const found = group.map(({ summary, toldApart }) => ({ id: summary.id, apart: toldApart() }));
  return pairs(found.length).flatMap(([i, j]) => {
    const [one, two] = [found[i], found[j]];
    const opposite = ({ better, worse }: ToldApart) =>
      two.apart.find((pair) => pair.better === worse && pair.worse === better);
    return one.apart.flatMap((pair): RankFlip[] => {
      const other = opposite(pair);
      if (other === undefined) return [];
      const { value, low, high } = other.difference;
      return [
        {
          better: one.id,
          worse: two.id,
          entry: pair.better,
          other: pair.worse,
          onBetter: pair.difference,
          onWorse: { value: -value, low: -high, high: -low },
        },
      ];
    });
  });
}
