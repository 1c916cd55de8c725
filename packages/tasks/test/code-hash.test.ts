import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCode, readPackage } from '../src/index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'code-hash-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = async (files: Readonly<Record<string, string>>, within = folder): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(within, name)), { recursive: true });
    await writeFile(join(within, name), text);
  }
};

describe('what a module consists of is part of its hash', () => {
  test.each<[string, string, string]>([
    ['an import', "import { a } from './b.js';", 'b.js'],
    ['an import of an import', "export * from './b.js';", 'deep.js'],
    ['an import above its folder', "import '../above.js';", '../above.js'],
    ['a dynamic import', "await import('./b.js');", 'b.js'],
    ['what is required without an ending', "const b = require('./c');", 'c.cjs'],
    ['a folder that is required', "require('./parts')", 'parts/index.js'],
    ['TypeScript imported as JavaScript', "import { t } from './types.js';", 'types.ts'],
    ['TypeScript imported without an ending', "import { t } from './types';", 'types.ts'],
    ['JSON', "import table from './table.json' with { type: 'json' };", 'table.json'],
    ['a file beside it', "new URL('weights.bin', import.meta.url)", 'weights.bin'],
    ['a file below it', "join(import.meta.dirname, 'data/weights.bin')", 'data/weights.bin'],
    ['an internal name', "import '#inner';", 'b.js'],
    ['a linked package', "import 'linked';", '../linked/index.js'],
    ['a part of a linked package', "import 'linked/part';", '../linked/part.js'],
  ])('%s', async (_, source, changed) => {
    const own = join(folder, 'own');
    await put({
      'linked/package.json': '{ "name": "linked", "exports": { ".": "./index.js", "./part": "./part.js" } }',
    });
    await put({ 'linked/index.js': '', 'linked/part.js': '', 'above.js': '' });
    await put(
      {
        'package.json': '{ "type": "module", "imports": { "#inner": "./b.js" } }',
        'entry.js': source,
        'b.js': "import './deep.js';",
        'deep.js': '',
        'c.cjs': '',
        'parts/index.js': '',
        'types.ts': '',
        'table.json': '{}',
        'weights.bin': '\u0000\u0001',
        'data/weights.bin': '\u0000\u0001',
      },
      own,
    );
    await mkdir(join(own, 'node_modules'));
    await symlink(join(folder, 'linked'), join(own, 'node_modules/linked'));
    const before = readCode(join(own, 'entry.js')).hash;
    expect(readCode(join(own, 'entry.js')).hash).toBe(before);
    await put({ [changed]: changed.endsWith('json') ? '[1]' : 'export const other = 1;' }, own);
    expect(readCode(join(own, 'entry.js')).hash).not.toBe(before);
  });

  test('of an installed package, its version', async () => {
    await put({ 'entry.js': "import 'installed';", 'node_modules/installed/index.js': '' });
    const hashOf = async (version: string) => {
      await put({ 'node_modules/installed/package.json': JSON.stringify({ name: 'installed', version }) });
      return readCode(join(folder, 'entry.js')).hash;
    };
    expect(await hashOf('1.0.0')).toBe(await hashOf('1.0.0'));
    expect(await hashOf('1.0.1')).not.toBe(await hashOf('1.0.0'));
  });
});

test('where it lies and what it is called is not', async () => {
  await put({ 'own/entry.js': "import './b.js';", 'own/b.js': '' });
  const before = readCode(join(folder, 'own/entry.js')).hash;
  await cp(join(folder, 'own'), join(folder, 'elsewhere/copy'), { recursive: true });
  await rename(join(folder, 'elsewhere/copy/entry.js'), join(folder, 'elsewhere/copy/renamed.js'));
  expect(readCode(join(folder, 'elsewhere/copy/renamed.js')).hash).toBe(before);
});

test('modules in a circle, and names that lead nowhere, end', async () => {
  await put({ 'entry.js': "import './b.js'; import './gone.js'; import 'not-installed'; import '#none';" });
  await put({ 'b.js': "import './entry.js';" });
  expect(readCode(join(folder, 'entry.js')).hash).toMatch(/^[0-9a-f]{64}$/);
});

describe('what a module means is its hash, not how it is written', () => {
  const hashOf = async (name: string, text: string): Promise<string> => {
    await put({ [name]: text });
    return readCode(join(folder, name)).hash;
  };
  const plain = "import { a } from './b.js';\nexport const f = (x) => a(x, 'two', `three\n`);\n";

  test.each<[string, string]>([
    ['comments', plain.replace('export', '/* why */ export').concat('// end\n')],
    ['a source map', plain.concat('//# sourceMappingURL=entry.js.map')],
    ['layout', plain.replace('(x) => a(x, ', 'x =>\n\n  a(\n x,').replace('{ a }', '{a}')],
    ['quotes and semicolons', plain.replaceAll("'", '"').replaceAll(';', '')],
    ['line ends of another system', plain.replaceAll('\n', '\r\n')],
  ])('%s', async (_, text) => {
    expect(await hashOf('entry.js', text)).toBe(await hashOf('entry.js', plain));
  });

  test.each<[string, string]>([
    ['a number', plain.replace("'two'", '2')],
    ['a text that looks like a number', plain.replace("'two'", "'2'")],
    ['a regular expression', plain.replace("'two'", '/2/')],
    ['a name of what is imported', plain.replace('{ a }', '{ c as a }')],
    ['an operator', plain.replace('a(x,', 'a(-x,')],
  ])('unlike %s', async (_, text) => {
    const hashes = new Set([await hashOf('entry.js', plain), await hashOf('entry.js', text)]);
    expect(hashes.size).toBe(2);
    expect(await hashOf('entry.js', 'const x = 2;')).not.toBe(await hashOf('entry.js', "const x = '2';"));
  });

  test('types of a TypeScript module do not count, nor does what it takes types from alone', async () => {
    await put({ 'types.ts': 'export interface T { a: number }', 'b.js': '' });
    const typed =
      "import type { T } from './types.js';\nimport { b } from './b.js';\nexport const f = (x: T) => b(x.a);\n";
    const before = await hashOf('entry.ts', typed);
    await put({ 'types.ts': 'export interface T { a: number; c?: string }' });
    expect(await hashOf('entry.ts', typed.replace('x: T', 'x: Readonly<T>'))).toBe(before);
    expect(await hashOf('entry.ts', typed.replace('x.a', 'x.c'))).not.toBe(before);
  });

  test('JSON counts by its values, a file that does not parse by its text', async () => {
    const table = "new URL('table.json', import.meta.url);";
    const withTable = async (json: string) => {
      await put({ 'table.json': json });
      return hashOf('entry.js', table);
    };
    expect(await withTable('{ "a": 1, "b": 2 }')).toBe(await withTable('{"b":2,"a":1}'));
    expect(await withTable('{ "a": 1, "b": 3 }')).not.toBe(await withTable('{"b":2,"a":1}'));
    expect(await hashOf('broken.js', 'const = ;')).not.toBe(await hashOf('broken.js', 'const = 1;'));
  });
});

describe('of a package without side effects', () => {
  const passing = { 'entry.js': "import { a } from 'linked'; a();" };
  const linked = (sideEffects: boolean) => ({
    '../linked/package.json': JSON.stringify({ name: 'linked', sideEffects, exports: './index.js' }),
    '../linked/index.js': "export { a } from './a.js'; export { b } from './b.js'; export * from './more.js';",
    '../linked/a.js': 'export const a = () => 1;',
    '../linked/b.js': 'export const b = () => 1;',
    '../linked/more.js': 'export const c = 1;',
  });

  test.each([
    ['only what passes on the names that are taken counts', true, ['a.js']],
    ['which does not say so, all of it does', false, ['a.js', 'b.js', 'more.js']],
  ])('%s', async (_, pure, counted) => {
    const own = join(folder, 'own');
    await put({ ...passing, ...linked(!pure) }, own);
    await mkdir(join(own, 'node_modules'));
    await symlink(join(folder, 'linked'), join(own, 'node_modules/linked'));
    const before = readCode(join(own, 'entry.js')).hash;
    const changing: string[] = [];
    for (const file of ['a.js', 'b.js', 'more.js']) {
      const path = join(folder, 'linked', file);
      const text = await readFile(path, 'utf8');
      await writeFile(path, `${text} f();`);
      if (readCode(join(own, 'entry.js')).hash !== before) changing.push(file);
      await writeFile(path, text);
    }
    expect(changing).toEqual(counted);
  });
});

test('code of this project is asked for by what is taken from it', () => {
  const metricOf = (metric: string) =>
    readPackage('@attribution-bench/metrics', { names: ['metrics'], used: { metric: [metric] } });
  expect(Object.keys(metricOf('lds').parts)).toContain('metrics/lds');
  expect(Object.keys(metricOf('lds').parts)).not.toContain('metrics/mislabel-auc');
  expect(metricOf('lds').hash).not.toBe(metricOf('mislabel-auc').hash);
});
