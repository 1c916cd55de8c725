import { singleLine } from '../text/display-text.js';
import type { Check } from './check.js';
import { isFailing, rowMessage, rowName } from './check-words.js';

/** GitHub Actions workflow commands: an error for each failing row, a warning for each row whose bytes changed. */
export function renderCheckAnnotations(check: Check): string {
  return check.rows
    .flatMap((row) => {
      const level = isFailing(row) ? 'error' : row.warning === undefined ? undefined : 'warning';
      if (level === undefined) return [];
      const title = escapeProperty(`${rowName(row)}: ${row.verdict}`);
      return [`::${level} title=${title}::${escapeData(rowMessage(row, check.tolerance) || row.verdict)}\n`];
    })
    .join('');
}

function escapeData(text: string): string {
  return singleLine(text).replaceAll('%', '%25');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
