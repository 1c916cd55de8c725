import { markdownTable, markdownText } from '../text/markdown.js';
import { formatInterval, formatSigned, formatValue } from '../view/format.js';
import type { Check, CheckedRow } from './check.js';
import { checkSummary, isFailing, yardsticks } from './check-words.js';

/** The gate's findings as a comment on a pull request: what fails or moved in view, the rest folded away. */
export function renderCheckMarkdown(check: Check): string {
  const { rows, tolerance, accepted } = check;
  const notable = (row: CheckedRow) => row.verdict !== 'ok' || row.warning !== undefined || row.reason !== undefined;
  const seen = [...rows.filter(isFailing), ...rows.filter((row) => !isFailing(row) && notable(row))];
  const rest = rows.filter((row) => !isFailing(row) && !notable(row));
  const scales = check.tasks.map((task) => `${markdownText(task.id)}: ${yardsticks(task) || 'none'}`);
  return `${[
    `### Attribution Bench: ${markdownText(check.grid)} ${check.passed ? 'passed' : 'failed'}`,
    `${capitalised(checkSummary(check))}.`,
    ...(seen.length === 0 ? [] : [table(seen)]),
    ...(rest.length === 0
      ? []
      : [
          `<details><summary>${rest.length} unchanged within ${formatValue(tolerance)}</summary>\n\n${table(rest)}\n\n</details>`,
        ]),
    `Yardsticks now: ${scales.join('; ')}.`,
    `A row fails when the whole interval of its paired change is worse than ${formatValue(tolerance)}.` +
      (accepted === undefined
        ? ''
        : ` Baseline accepted ${markdownText(accepted.at)}: ${markdownText(accepted.reason)}.`),
  ].join('\n\n')}\n`;
}

function table(rows: readonly CheckedRow[]): string {
  return markdownTable(
    ['verdict', 'task', 'method', 'metric', 'before:', 'after:', 'change', 'note'],
    rows.map((row) => [
      isFailing(row) ? `**${row.verdict}**` : row.verdict,
      markdownText(row.task),
      markdownText(row.entry),
      markdownText(row.metric ?? ''),
      row.before === undefined ? '' : formatValue(row.before),
      row.after === undefined ? '' : formatValue(row.after),
      row.change === undefined ? '' : `${formatSigned(row.change.value)} ${formatInterval(row.change)}`,
      markdownText([row.reason, row.warning].filter((text) => text !== undefined).join('; ')),
    ]),
  );
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
