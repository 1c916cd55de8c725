import { singleLine } from '../text/display-text.js';
import type { Check } from './check.js';
import { isFailing, isWarning, rowMessage, rowName } from './check-words.js';

/**
 * GitHub Actions workflow commands: an error for each failing row, a warning for each row that is not resolved or whose
 * bytes changed and for each task whose models or truth are others.
 */
export function renderCheckAnnotations(check: Check): string {
  const rows = check.rows.flatMap((row) => {
    const level = isFailing(row) ? 'error' : isWarning(row) ? 'warning' : undefined;
    if (level === undefined) return [];
    return [command(level, `${rowName(row)}: ${row.verdict}`, rowMessage(row) || row.verdict)];
  });
  const tasks = check.tasks.flatMap(({ id, remade }) => (remade === undefined ? [] : [command('warning', id, remade)]));
  return [...rows, ...tasks].join('');
}

function command(level: 'error' | 'warning', title: string, text: string): string {
  return `::${level} title=${escapeProperty(title)}::${escapeData(text)}\n`;
}

function escapeData(text: string): string {
  return singleLine(text).replaceAll('%', '%25');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
