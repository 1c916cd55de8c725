import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CancelSignal } from '@attribution-bench/contract';
import { onTestFinished } from 'vitest';
import type { ScoredTask } from '../../src/index.js';

export const uncancelled: CancelSignal = { aborted: false, throwIfAborted() {} };

/** Three queries and four training points. */
export const points: ScoredTask = {
  id: 'tiny',
  key: 'a'.repeat(64),
  trainIds: ['train/0', 'train/5', 'train/7', 'train/9'],
  queryIds: ['test/1', 'test/2', 'test/8'],
};

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-exchange-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
