import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { repository } from './pages.js';

/** What the built command prints as JSON. */
export function benchJson(...args: readonly string[]): unknown {
  return JSON.parse(bench(...args));
}

/** Writes the index over all boards of the repository, with their pages, into a folder of the site. */
export function writeBoards(folder: string): void {
  bench('site', '--to', folder, '--methods', '../../methods/');
}

function bench(...args: readonly string[]): string {
  const command = join(repository, 'packages/bench/bin/bench.js');
  return execFileSync(process.execPath, [command, ...args], { cwd: repository, encoding: 'utf8' });
}
