import { execFileSync } from 'node:child_process';
import { sep } from 'node:path';
import type { Json } from '@attribution-bench/contract';

/** The commit that this code is of and its day, where it runs from a checkout; `changed` where files of packages differ from it. */
export function sourceCommit(): Record<string, Json> {
  const folder = import.meta.dirname;
  // What lies around an installed package is the repository of somebody else.
  if (folder.split(sep).includes('node_modules')) return {};
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const [commit, commitDate] = git('log', '-1', '--format=%H %cs').split(' ');
    const root = git('rev-parse', '--show-toplevel');
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', `${root}/packages`) !== '';
    return { commit, commitDate, ...(changed && { changed }) };
  } catch {
    // No checkout, or no git.
    return {};
  }
}
