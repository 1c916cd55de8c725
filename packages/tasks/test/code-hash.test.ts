import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashCode, hashPackage } from '../src/index.js';

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
    const before = hashCode(join(own, 'entry.js'));
    expect(hashCode(join(own, 'entry.js'))).toBe(before);
    await put({ [changed]: '// other' }, own);
    expect(hashCode(join(own, 'entry.js'))).not.toBe(before);
  });

  test('of an installed package, its version', async () => {
    await put({ 'entry.js': "import 'installed';", 'node_modules/installed/index.js': '' });
    const hashOf = async (version: string) => {
      await put({ 'node_modules/installed/package.json': JSON.stringify({ name: 'installed', version }) });
      return hashCode(join(folder, 'entry.js'));
    };
    expect(await hashOf('1.0.0')).toBe(await hashOf('1.0.0'));
    expect(await hashOf('1.0.1')).not.toBe(await hashOf('1.0.0'));
  });
});

test('where it lies and what it is called is not', async () => {
  await put({ 'own/entry.js': "import './b.js';", 'own/b.js': '' });
  const before = hashCode(join(folder, 'own/entry.js'));
  await cp(join(folder, 'own'), join(folder, 'elsewhere/copy'), { recursive: true });
  await rename(join(folder, 'elsewhere/copy/entry.js'), join(folder, 'elsewhere/copy/renamed.js'));
  expect(hashCode(join(folder, 'elsewhere/copy/renamed.js'))).toBe(before);
});

test('modules in a circle, and names that lead nowhere, end', async () => {
  await put({ 'entry.js': "import './b.js'; import './gone.js'; import 'not-installed'; import '#none';" });
  await put({ 'b.js': "import './entry.js';" });
  expect(hashCode(join(folder, 'entry.js'))).toMatch(/^[0-9a-f]{64}$/);
});

test('a package of this project has one hash, wherever it is asked from', () => {
  expect(hashPackage('@attribution-bench/tasks')).toMatch(/^[0-9a-f]{64}$/);
});
