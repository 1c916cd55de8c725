import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCodes } from '@attribution-bench/contract';
import { loadGrid } from '@attribution-bench/runner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { destinationOf } from '../docs/.vitepress/links.js';
import { pageOf, repository } from '../docs/.vitepress/pages.js';

const read = (file: string) => readFileSync(join(repository, file), 'utf8');

/** The Markdown files that are pages of the site, generated boards left out. */
const files = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !/^(api|\.vitepress)\b/.test(file))
    .map((file) => `docs/${file.replaceAll('\\', '/')}`),
  ...readdirSync(join(repository, 'packages'))
    .map((name) => `packages/${name}/README.md`)
    .filter((file) => existsSync(join(repository, file))),
];

test('every error code has a section that says its cause and a next step', () => {
  const sections = read('docs/troubleshooting.md')
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [, code, cause, next] =
        /^([A-Z_]+)\n\n\*\*Cause\.\*\* (.+?)\n\n\*\*Next step\.\*\* (.+?)\s*(?:\n## .*)?$/s.exec(section) ?? [];
      return { code, said: (cause?.length ?? 0) > 20 && (next?.length ?? 0) > 10 };
    });
  expect(sections).toEqual(errorCodes.map((code) => ({ code, said: true })));
});

describe('whole grids in the documentation are grids', () => {
  const grids = files.flatMap((file) =>
    [...read(file).matchAll(/^ *```ya?ml\n(.*?)^ *```/gms)]
      .map(([, yaml]) => yaml)
      .filter((yaml) => /^schema: bench\/grid@/m.test(yaml))
      .map((yaml, place) => [`${file} ${place + 1}`, yaml] as const),
  );
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docs-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('that of the page about grid files is among them', () => {
    expect(grids.map(([name]) => name)).toContain('docs/grid-file.md 1');
  });

  test.each(grids)('%s', async (name, yaml) => {
    const file = join(folder, `${name.replaceAll('/', '-')}.yaml`);
    await writeFile(file, yaml);
    const { tasks, methods, broken } = await loadGrid(file);
    expect(broken).toEqual([]);
    expect(tasks.length * methods.length).toBeGreaterThan(0);
  });
});

describe('links lead to files and headings that exist', () => {
  test.each(files)('%s', (file) => {
    expect(pageOf(file)).toBeDefined();
    const missing = linksIn(file).filter((href) => !leadsSomewhere(href, file));
    expect(missing).toEqual([]);
  });
});

function linksIn(file: string): string[] {
  const prose = read(file)
    .replace(/^ *```.*?^ *```/gms, '')
    .replace(/`[^`\n]*`/g, '``');
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, href]) => href);
}

function leadsSomewhere(href: string, file: string): boolean {
  const found = destinationOf(href, file);
  if ('file' in found || /^[a-z]+:/.test(found.href)) return true;
  const [, page, anchor] = /^([^#]*)(?:#(.*))?$/.exec(found.href) as RegExpExecArray;
  if (anchor === undefined) return true;
  const target = page === '' ? file : files.find((other) => `/${pageOf(other)}` === page);
  return target !== undefined && anchorsIn(target).includes(anchor);
}

/** Headings as the site names them. */
function anchorsIn(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll('`', '')
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, ''),
  );
}
