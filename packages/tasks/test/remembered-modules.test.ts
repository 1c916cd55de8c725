import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseModule } from '../src/code/parse-module.js';
import { type ModuleCode, readModule } from '../src/code/read-module.js';
import { openRememberedModules } from '../src/code/remembered-modules.js';

const folder = mkdtempSync(join(tmpdir(), 'remembered-modules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text =
  "import { a } from './b.js'; export * from './c.js'; export const d = () => a(new URL('e.bin', import.meta.url));";
const read = (): ModuleCode | undefined => {
  const program = parseModule('a.js', text);
  return program && readModule(program);
};
const unasked = (): never => {
  throw new Error('read again');
};

test('what was read of modules is known to the next process, as it was read', () => {
  const file = join(folder, 'deep/code.json');
  const first = openRememberedModules(file);
  expect(first.of('.js one', read)).toEqual(read());
  expect(first.of('.js two', () => undefined)).toBeUndefined();
  first.save();
  const second = openRememberedModules(file);
  expect(second.of('.js one', unasked)).toEqual(read());
  expect(second.of('.js two', unasked)).toBeUndefined();
  expect(() => second.of('.ts one', unasked)).toThrow('read again');
  expect(readdirSync(join(folder, 'deep'))).toEqual(['code.json']);
});

test('processes that read different modules at once lose none, and those unused for longest go first', () => {
  const file = join(folder, 'together.json');
  const [one, other] = [openRememberedModules(file, 3), openRememberedModules(file, 3)];
  one.of('a', read);
  other.of('b', read);
  other.of('c', read);
  one.save();
  other.save();
  const third = openRememberedModules(file, 3);
  for (const id of ['a', 'b', 'c']) third.of(id, unasked);
  const fourth = openRememberedModules(file, 3);
  fourth.of('a', unasked);
  fourth.of('d', read);
  fourth.save();
  const fifth = openRememberedModules(file, 3);
  for (const id of ['a', 'c', 'd']) fifth.of(id, unasked);
  expect(() => fifth.of('b', unasked)).toThrow('read again');
});

test('a file that was altered, or that other code wrote, counts as none; one that cannot be written does no harm', () => {
  const file = join(folder, 'altered.json');
  const first = openRememberedModules(file);
  first.of('one', read);
  first.save();
  const written = readFileSync(file, 'utf8');
  const [, content] = written.split('\n');
  for (const damaged of [written.slice(0, -5), written.replace('./b.js', './x.js'), '', `\n${content}`, '{}\n{}']) {
    writeFileSync(file, damaged);
    expect(() => openRememberedModules(file).of('one', unasked)).toThrow('read again');
  }
  const nowhere = openRememberedModules(join(file, 'code.json'));
  expect(nowhere.of('one', read)).toEqual(read());
  nowhere.save();
});
