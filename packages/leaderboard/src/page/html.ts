import { singleLine } from '../text/display-text.js';
import { escapeMarkup } from '../text/escape-markup.js';

/** Markup that is safe to stand in a page. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | undefined | readonly Part[];

/** Markup from a template: text that is put into it shows as itself, other markup stays, `undefined` is nothing. */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: template.map((text, i) => text + (i < parts.length ? markupOf(parts[i]) : '')).join('') };
}

/** Numbers with the minus sign that aligns with digits. */
export function minus(text: string): string {
  return text.replace(/(^|[\s[(])-(?=\d)/g, '$1−');
}

/** Markup as it is: for what was made by a renderer that escapes. */
export function trusted(markup: string): Html {
  return { markup };
}

function markupOf(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escapeMarkup(singleLine(part));
  return 'markup' in part ? part.markup : part.map(markupOf).join('');
}
