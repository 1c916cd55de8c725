import { errorCodes } from '@attribution-bench/contract';
import { expect, test } from 'vitest';
import { exitCode, exitOf } from '../src/exit-codes.js';

test('a failure of any kind ends with an exit code that says it failed, and not that a method got worse', () => {
  const exits = errorCodes.map((code) => exitOf[code]);
  expect(new Set(exits)).toEqual(new Set([exitCode.cellFailed, exitCode.badInput, exitCode.incomplete, exitCode.full]));
});

test('a program that failed is not bad input', () => {
  expect(exitOf.PROGRAM_FAILED).toBe(exitCode.cellFailed);
  expect(exitOf.USER_CODE_SILENT).toBe(exitCode.cellFailed);
  expect(exitOf.CONFIG_INVALID).toBe(exitCode.badInput);
  expect(exitOf.CANCELLED).toBe(exitCode.incomplete);
  expect(exitOf.STORE_FULL).toBe(exitCode.full);
});
