import { markdownTable, markdownText } from '../text/markdown.js';
import { formatValue } from '../view/format.js';
import type { Check, CheckedRow } from './check.js';
import { changeText, checkSummary, isFailing, isWarning, toleranceText, yardsticks } from './check-words.js';

/** The gate's findings as a comment on a pull request: what fails or moved in view, the rest folded away. */
export function renderCheckMarkdown(check: Check): string {
  const { rows, tasks, accepted } = check;
  const notable = (row: CheckedRow) => row.verdict !== 'ok' || row.warning !== undefined || row.reason !== undefined;
  const order = (row: CheckedRow) => (isFailing(row) ? 0 : isWarning(row) ? 1 : 2);
  const seen = rows.filter((row) => isFailing(row) || notable(row)).sort((a, b) => order(a) - order(b));
  const remade = tasks.flatMap((task) =>
    task.remade === undefined ? [] : [`**${markdownText(task.id)}**: ${markdownText(task.remade)}.`],
  );
  const rest = rows.filter((row) => !isFailing(row) && !notable(row));
  const scales = tasks.map((task) => `${markdownText(task.id)}: ${yardsticks(task) || 'none'}`);
  return `${[
    `### Attribution Bench: ${markdownText(check.grid)} ${check.passed ? 'passed' : 'failed'}`,
    `${capitalised(checkSummary(check))}.`,
    ...(seen.length === 0 ? [] : [table(seen)]),
    ...(rest.length === 0
      ? []
      : [
          `<details><summary>${rest.length} unchanged within their tolerance</summary>\n\n${table(rest)}\n\n</details>`,
        ]),
    ...remade,
    `Yardsticks now: ${scales.join('; ')}.`,
    'A row fails when the whole interval of its paired change is worse than its tolerance, also among all rows that moved. ' +
      'An unresolved row may be worse; more subsets, queries or seeds would tell.' +
      (accepted === undefined
        ? ''
        : ` Baseline accepted ${markdownText(accepted.at)}: ${markdownText(accepted.reason)}.`),
  ].join('\n\n')}\n`;
}

function table(rows: readonly CheckedRow[]): string {
  return markdownTable(
    ['verdict', 'task', 'method', 'metric', 'before:', 'after:', 'change', 'tolerance:', 'note'],
    rows.map((row) => [
      isFailing(row) || row.verdict === 'unresolved' ? `**${row.verdict}**` : row.verdict,
      markdownText(row.task),
      markdownText(row.entry),
      markdownText(row.metric ?? ''),
      row.before === undefined ? '' : formatValue(row.before),
      row.after === undefined ? '' : formatValue(row.after),
      changeText(row),
      toleranceText(row),
      markdownText([row.reason, row.warning].filter((text) => text !== undefined).join('; ')),
    ]),
  );
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
