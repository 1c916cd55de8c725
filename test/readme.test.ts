import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bench, startProgram, workspace } from './e2e/command.js';

const readme = readFileSync(join(workspace, 'README.md'), 'utf8');

const isCheckout = existsSync(join(workspace, '.git'));

test.skipIf(!isCheckout)('the README shows the stored board of digits', async () => {
  const script = join(workspace, 'tools/scripts/readme-board.mjs');
  expect(await startProgram(process.execPath, [script, '--check']).ending).toMatchObject({ code: 0, stderr: '' });
});

test('the README names every verb, and no other', async () => {
  const { stdout } = await bench(['help']);
  const commands = stdout.slice(stdout.indexOf('Commands:'), stdout.indexOf('Start here:'));
  const verbs = [...commands.matchAll(/^ {2}([\w-]+)/gm)].map(([, verb]) => verb).filter((verb) => verb !== 'help');
  const table = readme.slice(readme.indexOf('| verb |'), readme.indexOf('| exit code |'));
  expect([...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, verb]) => verb)).toEqual(verbs);
});
