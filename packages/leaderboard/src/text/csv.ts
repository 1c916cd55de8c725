import type { Board, BoardCosts, BoardRow } from '../board.js';
import { taskViews } from '../view/task-view.js';
import { singleLine } from './display-text.js';

type Cell = string | number | undefined;

/**
 * A board as one CSV table (RFC 4180), one line per row, numbers in full. Text that a spreadsheet would run as a formula is
 * preceded by an apostrophe.
 */
export function renderCsv(board: Board, costs?: BoardCosts): string {
  const header = [
    'task',
    'dataset',
    'kind',
    'entry',
    'method',
    'title',
    'family',
    'origin',
    'global',
    'status',
    'reason',
    'rank',
    'rank_low',
    'rank_high',
    'tie',
    'params',
    'params_by_seed',
    'seeds',
    ...board.metrics.flatMap(({ id }) => metricColumns.map(([suffix]) => (suffix === '' ? id : `${id}_${suffix}`))),
    'fit_seconds',
    'score_seconds',
    'peak_rss_bytes',
    'retrainings',
    'train_seconds',
    'shared_train_seconds',
    'sweep_seconds',
    'cost_declared',
  ];
  const lines = taskViews(board, costs).flatMap(({ task, ceiling, noCeiling, ranked, controls, unranked }) =>
    [ceiling, noCeiling]
      .flatMap((row) => row ?? [])
      .concat(ranked, controls, unranked)
      .map(({ row, cost }): Cell[] => [
        row.task,
        task.dataset,
        row.kind,
        row.entry,
        row.method,
        row.title,
        row.family,
        row.origin,
        row.global ? 1 : 0,
        row.status,
        row.reason,
        row.rank?.point,
        row.rank?.low,
        row.rank?.high,
        row.groups,
        row.params === undefined ? undefined : JSON.stringify(row.params),
        row.paramsBySeed === undefined ? undefined : JSON.stringify(row.paramsBySeed),
        row.seeds.join(' '),
        ...board.metrics.flatMap(({ id }) => metricColumns.map(([, pick]) => pick(row.metrics[id]))),
        cost?.fitSeconds,
        cost?.scoreSeconds,
        cost?.peakRssBytes,
        cost?.retrainings,
        cost?.trainSeconds,
        cost?.sharedTrainSeconds,
        cost?.sweepSeconds,
        cost && (cost.declared ? 1 : 0),
      ]),
  );
  return [header, ...lines].map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

type Value = BoardRow['metrics'][string] | undefined;

const metricColumns: readonly (readonly [string, (value: Value) => number | undefined])[] = [
  ['', (value) => value?.value],
  ['low', (value) => value?.low],
  ['high', (value) => value?.high],
  ['of_ceiling', (value) => value?.ofCeiling?.value],
  ['of_ceiling_low', (value) => value?.ofCeiling?.low],
  ['of_ceiling_high', (value) => value?.ofCeiling?.high],
  ['to_best', (value) => value?.toBest?.value],
  ['to_best_low', (value) => value?.toBest?.low],
  ['to_best_high', (value) => value?.toBest?.high],
  ['to_random', (value) => value?.toRandom?.value],
  ['to_random_low', (value) => value?.toRandom?.low],
  ['to_random_high', (value) => value?.toRandom?.high],
  ['undefined_queries', (value) => value?.undefinedQueries],
];

function csvCell(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const text = singleLine(cell);
  const harmless = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
