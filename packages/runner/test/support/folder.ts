import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** An empty folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runner-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty folder for all tests of a file or of a `describe`, which is where it is to be called. */
export function sharedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runner-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Path of a method of the fixtures, as `use:` takes it. */
export function fixture(name: string): string {
  return join(import.meta.dirname, '..', 'fixtures', 'methods', `${name}.js`);
}

/** Writes a grid file into a folder of its own. */
export function gridFile(text: string, folder = temporaryFolder()): string {
  const file = join(folder, 'grid.yaml');
  writeFileSync(file, text);
  return file;
}
