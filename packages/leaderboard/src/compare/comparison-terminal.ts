import { displayWidth, padEnd, padStart, singleLine, truncate, wrap } from '../text/display-text.js';
import type { TerminalOptions } from '../text/terminal.js';
import { formatInterval, formatValue } from '../view/format.js';
import {
  type BoardComparison,
  type ChangeVerdict,
  type ComparedTask,
  type ComparedValue,
  movedVerdicts,
  type SettingDifference,
  type ShownValue,
} from './comparison.js';
import {
  changeText,
  comparisonSummary,
  pairingSentence,
  rankChange,
  valueNote,
  verdictsSentence,
} from './comparison-words.js';

/** From this width on values have their intervals beside them. */
const wideEnough = 112;

/**
 * Two boards side by side for a terminal: what differs, then task by task the values of the ranking metric and, of other metrics,
 * those that are not noise; the summary last.
 */
export function renderComparisonTerminal(comparison: BoardComparison, { width, color }: TerminalOptions): string {
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const bold = (text: string) => paint(1, text);
  const dim = (lines: readonly string[]) => lines.map((line) => paint(2, line));
  const { boards, settings, tasks, onlyIn } = comparison;
  const head = [`A  ${singleLine(boards.a.name)}`, `B  ${singleLine(boards.b.name)}`];
  const lone = (['a', 'b'] as const).flatMap((side) =>
    onlyIn[side].map((id) => `${bold(singleLine(id))}  only on ${side.toUpperCase()}`),
  );
  const blocks = [
    [...head, ...settingLines(settings, width)],
    ...tasks.map((task) => [
      bold(singleLine(task.id)),
      ...dim(wrap(singleLine(pairingSentence(task)), width)),
      ...settingLines(task.settings, width),
      '',
      ...valueLines(task, width, paint),
      ...loneLines(task, width),
    ]),
    ...(lone.length === 0 ? [] : [lone]),
    dim(wrap(verdictsSentence(comparison), width)),
    wrap(comparisonSummary(comparison), width).map(bold),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function settingLines(settings: readonly SettingDifference[], width: number): string[] {
  if (settings.length === 0) return [];
  const names = Math.max(...settings.map(({ name }) => displayWidth(singleLine(name))));
  return settings.flatMap(({ name, a = '–', b = '–' }) => {
    const first = `   ${padEnd(singleLine(name), names)}  `;
    const indent = ' '.repeat(displayWidth(first));
    const text = wrap(singleLine(`${a} → ${b}`), Math.max(24, width - indent.length));
    return text.map((line, i) => (i === 0 ? first : indent) + line);
  });
}

const styles: Readonly<Record<ChangeVerdict, number>> = {
  better: 32,
  worse: 31,
  higher: 36,
  lower: 36,
  unsettled: 33,
  incomparable: 33,
  noise: 2,
  same: 2,
};

function valueLines({ values, rankedBy }: ComparedTask, width: number, paint: (code: number, text: string) => string) {
  const ranking = values.filter(({ metric }) => metric === rankedBy);
  const others = values.filter(({ metric }) => metric !== rankedBy);
  const told = others.filter(({ verdict }) => verdict !== 'noise' && verdict !== 'same');
  const shown = [...ranking, ...told];
  const withIntervals = width >= wideEnough;
  const nameOf = ({ title, metric }: ComparedValue) => singleLine(metric === rankedBy ? title : `${title}: ${metric}`);
  const valueText = (value: ShownValue) =>
    withIntervals ? `${formatValue(value.value)} ${formatInterval(value)}` : formatValue(value.value);
  const columns = [
    { header: rankedBy ?? '', most: withIntervals ? 34 : 26, left: true, cell: nameOf },
    { header: 'A', cell: ({ a }: ComparedValue) => valueText(a) },
    { header: 'B', cell: ({ b }: ComparedValue) => valueText(b) },
    { header: 'B - A', cell: changeText },
    { header: 'rank', left: true, cell: rankChange },
    { header: '', left: true, cell: ({ verdict }: ComparedValue) => verdict },
  ].map((column) => ({
    ...column,
    width: Math.min(
      column.most ?? Number.POSITIVE_INFINITY,
      Math.max(displayWidth(column.header), ...shown.map((value) => displayWidth(column.cell(value)))),
    ),
  }));
  const join = (text: (column: (typeof columns)[number]) => string) =>
    columns
      .map((column) => (column.left ? padEnd : padStart)(truncate(text(column), column.width), column.width))
      .join('  ')
      .trimEnd();
  const lines = shown.flatMap((value) => {
    const line = join((column) => column.cell(value));
    const note = valueNote(value);
    const notes = note === '' ? [] : wrap(singleLine(note), Math.max(24, width - 4)).map((text) => `    ${text}`);
    const style = styles[value.verdict];
    return [movedVerdicts.has(value.verdict) ? paint(1, paint(style, line)) : paint(style, line), ...notes];
  });
  const quiet = others.length - told.length;
  const metrics = [...new Set(others.map(({ metric }) => metric))].join(', ');
  return [
    ...(shown.length === 0 ? ['no value that both have'] : [join(({ header }) => header), ...lines]),
    ...(quiet === 0 ? [] : [paint(2, `and ${quiet} values of ${metrics} with no change beyond noise`)]),
  ];
}

function loneLines({ onlyIn }: ComparedTask, width: number): string[] {
  return (['a', 'b'] as const).flatMap((side) => {
    const rows = onlyIn[side].map(({ title, elsewhere }) =>
      elsewhere === 'no such row' ? title : `${title} (${elsewhere})`,
    );
    if (rows.length === 0) return [];
    return wrap(singleLine(`only on ${side.toUpperCase()}: ${rows.join(', ')}`), width);
  });
}
