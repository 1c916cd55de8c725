import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bench, startProgram, temporaryFolder, workspace } from './e2e/command.js';

const readme = readFileSync(join(workspace, 'README.md'), 'utf8');

const isCheckout = existsSync(join(workspace, '.git'));

test.skipIf(!isCheckout)('the README shows the stored board of digits', async () => {
  const script = join(workspace, 'tools/scripts/readme-board.mjs');
  expect(await startProgram(process.execPath, [script, '--check']).ending).toMatchObject({ code: 0, stderr: '' });
});

test('the page about the command names every verb, and no other', async () => {
  const { stdout } = await bench(['help']);
  const commands = stdout.slice(stdout.indexOf('Commands:'), stdout.indexOf('Start here:'));
  const verbs = [...commands.matchAll(/^ {2}([\w-]+)/gm)].map(([, verb]) => verb).filter((verb) => verb !== 'help');
  const page = readFileSync(join(workspace, 'docs/command.md'), 'utf8');
  const table = page.slice(page.indexOf('| verb |'), page.indexOf('| exit code |'));
  expect([...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, verb]) => verb)).toEqual(verbs);
});

/** A command of the README as it is run here. */
interface Run {
  /** What stands after `bench`, as it stands in the README. */
  readonly args: readonly string[];
  /** What makes it small, or answers its questions. */
  readonly more?: readonly string[];
  /** What it prints. */
  readonly prints: string | RegExp;
}

describe('the commands of the README', () => {
  // What of a clone the commands need, so that they write nothing into this one.
  const cwd = temporaryFolder();
  const committed = ['nx.json', 'configs', 'results/boards/digits/board.json', 'results/boards/digits-all/board.json'];
  for (const path of committed) cpSync(join(workspace, path), join(cwd, path), { recursive: true });
  const logistic = ['--only', 'digits-logistic/label-match', '--only', 'digits-logistic/random'];

  /** In the order in which they are run: later ones use what earlier ones wrote. */
  const runs: Readonly<Record<string, Run>> = {
    'npm ci && npx nx run bench:grid --config digits.yaml': {
      args: ['grid', '--config', 'digits.yaml'],
      more: ['--quick', ...logistic, '--results', 'quick'],
      prints: 'Label match',
    },
    'npx bench init mine.yaml': {
      args: ['init', 'mine.yaml'],
      more: ['--data', 'digits', '--model', 'logistic', '--methods', 'random,label-match'],
      prints: 'bench plan mine.yaml',
    },
    'npx bench plan mine.yaml': { args: ['plan', 'mine.yaml'], prints: 'digits-logistic' },
    'npx bench grid mine.yaml': { args: ['grid', 'mine.yaml'], prints: 'Label match' },
    'npx bench compare digits digits-all': { args: ['compare', 'digits', 'digits-all'], prints: /\d+ noise, \d+ same/ },
    'npx bench site --to public': { args: ['site', '--to', 'public'], prints: '3 boards' },
    'npx bench help': { args: ['help'], prints: 'Start here:' },
    'npx bench new-method my-method': { args: ['new-method', 'my-method'], prints: 'my-method' },
    'npx bench new-method my-python-method --python': {
      args: ['new-method', 'my-python-method', '--python'],
      prints: 'my-python-method',
    },
  };

  const notRun: Readonly<Record<string, string>> = {
    'npm ci && npm test': 'runs this test',
    'npm test': 'runs this test',
    'npx bench export digits.yaml --task digits-mlp --to digits-mlp':
      'test/e2e/export.test.ts runs it on a grid of its own',
    'npx nx run docs:serve': 'serves until it is stopped; .github/workflows/docs.yml builds the same site',
  };

  test('are each run below, or listed with the reason why not', () => {
    const fenced = [...readme.matchAll(/^```sh\n(.*?)^```/gms)]
      .flatMap(([, block]) => block.trim().split('\n'))
      .map((line) => line.replace(/ +#.*$/, ''));
    const inline = [...readme.matchAll(/`(np[mx] \w+ [^`]+)`/g)].map(([, command]) => command);
    expect([...new Set([...fenced, ...inline])].sort()).toEqual([...Object.keys(runs), ...Object.keys(notRun)].sort());
  });

  test.each(Object.entries(runs))('%s', async (command, { args, more = [], prints }) => {
    expect(command.replace('nx run bench:', 'bench ')).toContain(`npx bench ${args.join(' ')}`);
    const { code, stdout, stderr } = await bench([...args, ...more], { cwd });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(prints);
  });

  test('the folder to serve holds everything that its index links, by relative addresses', () => {
    const index = readFileSync(join(cwd, 'public/index.html'), 'utf8');
    const pages = new Set(
      [...index.matchAll(/ href="([^"#]+)[^"]*"/g)].map(([, href]) => href).filter((href) => href !== 'data:,'),
    );
    expect(pages).toContain('digits-all/index.html');
    expect([...pages].filter((href) => !existsSync(join(cwd, 'public', decodeURIComponent(href))))).toEqual([]);
  });
});
