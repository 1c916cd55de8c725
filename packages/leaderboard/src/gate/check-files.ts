import { readableJson } from '../text/json.js';
import type { Check } from './check.js';
import { renderCheckJunit } from './check-junit.js';
import { renderCheckMarkdown } from './check-markdown.js';

/** The gate's findings as files by name: data, a comment for the pull request, and JUnit XML. */
export function checkFiles(check: Check): Readonly<Record<string, string>> {
  return {
    'check.json': readableJson(check),
    'check.md': renderCheckMarkdown(check),
    'check.xml': renderCheckJunit(check),
  };
}
