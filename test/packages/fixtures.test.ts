import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workspace } from '../e2e/command.js';

test('no recorded array is kept twice: what packages share lies in test/fixtures', () => {
  const files = execFileSync('git', ['ls-files', '-z', '*.npy'], { cwd: workspace, encoding: 'utf8' });
  // A task folder is whole as it was exported: two tasks on the same data both hold it.
  const inTaskFolders = /^packages\/python-client\/tests\/fixtures\//;
  const byContent = new Map<string, string[]>();
  for (const file of files.split('\0').filter((name) => name !== '' && !inTaskFolders.test(name))) {
    const hash = createHash('sha256')
      .update(readFileSync(join(workspace, file)))
      .digest('hex');
    byContent.set(hash, [...(byContent.get(hash) ?? []), file]);
  }
  expect(byContent.size).toBeGreaterThan(100);
  expect([...byContent.values()].filter((twins) => twins.length > 1)).toEqual([]);
});
