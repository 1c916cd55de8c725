import { openSync } from 'node:fs';
import { BenchError } from '@attribution-bench/contract';
import { expect, test } from 'vitest';
import { systemFailure } from '../src/system-failure.js';

const thrown = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

test('refusals of the operating system name what they are about and what helps', () => {
  const missing = systemFailure(thrown(() => openSync('/nowhere/at-all', 'r')));
  expect(missing?.line).toBe(
    '/nowhere/at-all cannot be used: ENOENT: no such file or directory, run it again with --debug to see where it was needed',
  );
  const handles = Object.assign(new Error("EMFILE: too many open files, open '/x'"), {
    code: 'EMFILE',
    syscall: 'open',
  });
  expect(systemFailure(handles)?.line).toBe(
    'the operating system refuses: EMFILE: too many open files, raise the limit of open files: ulimit -n 4096',
  );
});

test('defects of the program and errors that say all are left as they are', () => {
  expect(systemFailure(new TypeError('x is not a function'))).toBeUndefined();
  expect(systemFailure(new BenchError({ code: 'STORE_READ', message: 'x' }))).toBeUndefined();
  expect(systemFailure('text')).toBeUndefined();
});
