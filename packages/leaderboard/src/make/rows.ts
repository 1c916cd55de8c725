import type { BoardRow, BoardValue } from '../board.js';
import { roundedInterval } from './board-value.js';
import type { Ceiling } from './ceiling.js';
import type { Entry } from './entries.js';
import { rounded } from './rounding.js';

interface EntryRow extends Pick<BoardRow, 'task' | 'metrics' | 'rank' | 'groups'> {
  readonly entry: Entry;
  readonly control: boolean;
  readonly rankedBy?: string;
}

/** The row of a method, ranked or not. */
export function entryRow({ task, entry, control, metrics, rankedBy, rank, groups }: EntryRow): BoardRow {
  const { method, cells, name, title, params, paramsBySeed, varied } = entry;
  const unmeasured = entry.status === 'ok' && rankedBy !== undefined && metrics[rankedBy] === undefined;
  const reason = unmeasured ? `has no ${rankedBy}` : entry.reason;
  const adaptation = entry.allCells.find((cell) => cell.adaptation !== undefined)?.adaptation;
  const notes = [...new Set(cells.flatMap(({ notes }) => notes ?? []))];
  const digests = cells.flatMap(({ scoresDigest }) => scoresDigest ?? []);
  return {
    kind: control ? 'control' : 'method',
    task,
    entry: name,
    method: method.id,
    title,
    family: method.family,
    origin: adaptation === undefined ? method.origin : 'adapted',
    ...(adaptation !== undefined && { adaptation }),
    global: method.output === 'global',
    status: unmeasured ? 'incomplete' : entry.status,
    ...(reason !== undefined && { reason }),
    ...(params !== undefined && { params }),
    ...(paramsBySeed !== undefined && { paramsBySeed }),
    varied,
    sweep: entry.sweep.map(({ tune, report, ...rest }) => ({
      ...rest,
      ...(tune !== undefined && { tune: rounded(tune) }),
      ...(report !== undefined && { report: rounded(report) }),
    })),
    seeds: cells.map(({ seed }) => seed),
    metrics,
    ...(rank !== undefined && { rank }),
    ...(groups !== undefined && { groups }),
    ...(digests.length === 0 ? {} : { scoresDigests: digests }),
    ...(notes.length > 0 && { notes }),
  };
}

/** The row of what a perfect method could reach, with the ceiling of every metric that has one. */
export function ceilingRow(task: string, ceilings: readonly { metric: string; ceiling: Ceiling }[]): BoardRow {
  const values = ceilings.map(({ metric, ceiling }): [string, BoardValue] => [
    metric,
    {
      value: rounded(ceiling.value),
      ...roundedInterval(ceiling),
      perSeed: [],
      perQuery: ceiling.perQuery.map(rounded),
    },
  ]);
  return { ...ceilingOf(task), status: 'ok', metrics: Object.fromEntries(values) };
}

/** In place of a ceiling where it cannot be known. */
export function noCeilingRow(task: string, reason: string): BoardRow {
  return { ...ceilingOf(task), status: 'skipped', reason, metrics: {} };
}

function ceilingOf(task: string) {
  return {
    kind: 'ceiling' as const,
    task,
    entry: 'ceiling',
    method: 'ceiling',
    title: 'Noise ceiling',
    family: 'control',
    global: false,
    varied: [],
    sweep: [],
    seeds: [],
  };
}
