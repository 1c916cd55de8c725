import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { render } from '../../templates/render.cjs';

/** What a new method is called and is for. */
export interface NewMethod {
  readonly id: string;
  readonly title: string;
  readonly cite: string;
  readonly tasks: readonly ('classifier' | 'generator')[];
  readonly language: 'typescript' | 'python';
}

const idPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Writes a package for a method, whole or not at all.
 * @returns paths of the files, relative to the folder
 * @throws BenchError METHOD_NAME when the id, the title or the source cannot stand in a file, FOLDER_NOT_EMPTY when the folder holds anything
 */
export async function writeMethodPackage(folder: string, method: NewMethod): Promise<readonly string[]> {
  checkNames(method);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new BenchError({
      code: 'FOLDER_NOT_EMPTY',
      place: folder,
      message: 'is not empty, and nothing is overwritten',
      next: 'choose another folder with --to',
    });
  const files = templatesOf(method);
  const draft = join(dirname(folder), `.${basename(folder)}-${randomUUID()}`);
  try {
    for (const [path, text] of files) {
      await mkdir(dirname(join(draft, path)), { recursive: true });
      await writeFile(join(draft, path), text);
    }
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return [...files.keys()].sort();
}

function templatesOf(method: NewMethod): ReadonlyMap<string, string> {
  const values = { ...method, version: ownVersion() };
  if (method.language === 'python') {
    const python = { ...values, use: 'command', program: 'method.py' };
    return new Map([...render('grid', python), ...render('python', python)]);
  }
  const inPackage = { ...values, use: `./dist/${method.id}.js` };
  return new Map([
    ...render('grid', inPackage),
    ...render('package', inPackage),
    ...render('method', { ...values, use: method.id }),
  ]);
}

function checkNames({ id, title, cite }: NewMethod): void {
  if (!idPattern.test(id))
    throw new BenchError({
      code: 'METHOD_NAME',
      message: `"${id}" is not an id: expected lower-case words joined by dashes`,
      next: 'e.g. tracin-cp',
    });
  for (const [flag, text] of Object.entries({ title, cite }))
    if (!/^[^\p{Cc}\u2028\u2029]+$/u.test(text))
      throw new BenchError({
        code: 'METHOD_NAME',
        message: `--${flag} holds a line break or another control character, or nothing`,
        next: 'give it as one line of text',
      });
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
