import { escapeMarkup } from '../text/escape-markup.js';
import type { Check, CheckedRow } from './check.js';
import { isFailing, rowMessage } from './check-words.js';

/** The gate's findings as JUnit XML: a suite a task, a test case a row. */
export function renderCheckJunit(check: Check): string {
  const tasks = [...new Set(check.rows.map(({ task }) => task))];
  const failures = check.rows.filter(isFailing).length;
  const suites = tasks.map((task) => {
    const rows = check.rows.filter((row) => row.task === task);
    const failed = rows.filter(isFailing).length;
    return [
      `  <testsuite name="${escapeMarkup(task)}" tests="${rows.length}" failures="${failed}" errors="0" skipped="0">`,
      ...rows.map(testCase),
      ...remadeOf(check, task),
      '  </testsuite>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escapeMarkup(check.grid)}" tests="${check.rows.length}" failures="${failures}" errors="0">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

/** JUnit has no state between passed and failed: what is not resolved passes and says so in its output. */
function testCase(row: CheckedRow): string {
  const name = row.metric === undefined ? row.entry : `${row.entry} ${row.metric}`;
  const head = `    <testcase classname="${escapeMarkup(row.task)}" name="${escapeMarkup(name)}"`;
  const unresolved = row.verdict === 'unresolved' ? 'unresolved: ' : '';
  const message = escapeMarkup(unresolved + rowMessage(row));
  if (isFailing(row))
    return `${head}><failure type="${row.verdict}" message="${message}">${message}</failure></testcase>`;
  return message === '' ? `${head}/>` : `${head}><system-out>${message}</system-out></testcase>`;
}

function remadeOf({ tasks }: Check, id: string): string[] {
  const remade = tasks.find((task) => task.id === id)?.remade;
  return remade === undefined ? [] : [`    <system-out>${escapeMarkup(remade)}</system-out>`];
}
