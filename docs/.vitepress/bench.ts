import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { repository } from './pages.js';

/** What the built command prints as JSON. */
export function benchJson(...args: readonly string[]): unknown {
  const command = join(repository, 'packages/bench/bin/bench.js');
  return JSON.parse(execFileSync(process.execPath, [command, ...args], { encoding: 'utf8' }));
}
