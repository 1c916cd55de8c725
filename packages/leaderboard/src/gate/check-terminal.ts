import { displayWidth, padEnd, singleLine, truncate, wrap } from '../text/display-text.js';
import type { TerminalOptions } from '../text/terminal.js';
import type { Check, CheckedRow } from './check.js';
import { checkSummary, isFailing, isWarning, rowMessage, yardsticks } from './check-words.js';

/** The gate's findings for a terminal: in each task failing rows first, then unresolved ones; the summary last. */
export function renderCheckTerminal(check: Check, { width, color }: TerminalOptions): string {
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const verdictWidth = Math.max(...check.rows.map(({ verdict }) => verdict.length), 2);
  const nameOf = ({ entry, metric }: CheckedRow) => singleLine(metric === undefined ? entry : `${entry} ${metric}`);
  const nameWidth = Math.min(34, Math.max(0, ...check.rows.map((row) => displayWidth(nameOf(row)))));
  const line = (row: CheckedRow) => {
    const indent = 2 + verdictWidth + 2 + nameWidth + 2;
    const message = wrap(singleLine(rowMessage(row)), Math.max(24, width - indent));
    const style = isFailing(row) ? 31 : isWarning(row) ? 33 : row.verdict === 'ok' ? 32 : 36;
    const name = padEnd(truncate(nameOf(row), nameWidth), nameWidth);
    const first = `  ${paint(style, padEnd(row.verdict, verdictWidth))}  ${name}  ${message[0]}`.trimEnd();
    return [first, ...message.slice(1).map((rest) => ' '.repeat(indent) + rest)];
  };
  const tasks = [...new Set(check.rows.map(({ task }) => task))].map((task) => {
    const own = check.rows.filter((row) => row.task === task);
    const about = check.tasks.find(({ id }) => id === task);
    const scale = about === undefined ? '' : yardsticks(about);
    const place = (row: CheckedRow) => (isFailing(row) ? 0 : row.verdict === 'unresolved' ? 1 : 2);
    const ordered = own.toSorted((a, b) => place(a) - place(b));
    const remade = about?.remade === undefined ? [] : wrap(about.remade, Math.max(24, width - 2));
    return [
      paint(1, singleLine(task)) + (scale === '' ? '' : `  ${scale}`),
      ...remade.map((text) => `  ${paint(33, text)}`),
      ...ordered.flatMap(line),
    ].join('\n');
  });
  const accepted = check.accepted;
  const against = [
    `check of ${singleLine(check.grid)}`,
    ...(accepted === undefined ? [] : [`baseline accepted ${singleLine(`${accepted.at}: ${accepted.reason}`)}`]),
  ];
  const summary = paint(check.passed ? 32 : 31, checkSummary(check));
  return `${[against.flatMap((text) => wrap(text, width)).join('\n'), ...tasks, summary].join('\n\n')}\n`;
}
