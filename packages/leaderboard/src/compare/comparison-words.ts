import { formatCount, plural } from '@attribution-bench/contract';
import { formatInterval, formatLevel, formatRank, formatSigned } from '../view/format.js';
import type { BoardComparison, ChangeVerdict, ComparedTask, ComparedValue, SettingDifference } from './comparison.js';

/** `+0.012 [-0.004, 0.028]`; empty where there is no interval. */
export function changeText({ change, verdict }: ComparedValue): string {
  if (verdict === 'same') return '0';
  return change === undefined ? '' : `${formatSigned(change.value)} ${formatInterval(change)}`;
}

/** `1-3 → 2`: the ranks a row may have on both boards; empty where neither ranks it, one number where nothing changed. */
export function rankChange({ a, b }: ComparedValue): string {
  const [before, after] = [a.rank, b.rank].map((rank) => (rank === undefined ? '–' : formatRank(rank)));
  if (a.rank === undefined && b.rank === undefined) return '';
  return before === after ? before : `${before} → ${after}`;
}

/** `seeds 0, 1 → 0, 1, 2`; what one of the boards does not have is a dash. */
function settingText({ name, a = '–', b = '–' }: SettingDifference): string {
  return `${name} ${a} → ${b}`;
}

/** What a change means where it is more or less than its verdict says: why there is none, and what differs about the row. */
export function valueNote({ reason, settings }: ComparedValue): string {
  return [...(reason === undefined ? [] : [reason]), ...settings.map(settingText)].join('; ');
}

/** How the intervals of a task's changes were made, and what they assume. */
export function pairingSentence({ pairing, otherId }: ComparedTask): string {
  const other = otherId === undefined ? '' : ` (${otherId} on B)`;
  return pairing === 'paired'
    ? `Same truth, subsets and queries${other}: changes are paired by query. What noise of subsets and method seeds both boards share is not recorded in them; it is taken to be as much as their values by query agree.`
    : `Not the same truth and queries${other}: the two values are taken for independent. Where they share subsets, queries or method seeds, intervals are too wide.`;
}

/** What the verdicts of a comparison mean. */
export function verdictsSentence({ ci, falseAlarm }: BoardComparison): string {
  const level =
    ci === undefined
      ? 'The boards have intervals of different levels, so that changes have none.'
      : `Changes are B minus A with ${formatLevel(ci)} intervals, recovered from the intervals of both boards (Zou and Donner 2008; Zou 2007).`;
  return (
    `${level} Noise: the interval holds 0. Better, worse, higher, lower: it does not, and that holds among all values that were ` +
    `compared (Holm, at most ${formatLevel(falseAlarm)} chance of any false one). Unsettled: among so many values it can be chance. ` +
    'A change does not say which of the things that differ caused it.'
  );
}

const counted: readonly ChangeVerdict[] = [
  'better',
  'worse',
  'higher',
  'lower',
  'unsettled',
  'noise',
  'same',
  'incomparable',
];

/** `3 better, 1 worse, 2 unsettled, 40 noise, 12 same; only on A: 1 row; only on B: 2 tasks` */
export function comparisonSummary({ tasks, onlyIn }: BoardComparison): string {
  const values = tasks.flatMap((task) => task.values);
  const verdicts = counted.flatMap((verdict) => {
    const count = values.filter((value) => value.verdict === verdict).length;
    return count === 0 ? [] : [`${formatCount(count)} ${verdict}`];
  });
  const lone = (['a', 'b'] as const).flatMap((side) => {
    const rows = tasks.reduce((sum, task) => sum + task.onlyIn[side].length, 0);
    const parts = [
      ...(onlyIn[side].length === 0 ? [] : [plural(onlyIn[side].length, 'task')]),
      ...(rows === 0 ? [] : [plural(rows, 'row')]),
    ];
    return parts.length === 0 ? [] : [`only on ${side.toUpperCase()}: ${parts.join(', ')}`];
  });
  return [verdicts.join(', ') || 'nothing to compare', ...lone].join('; ');
}
