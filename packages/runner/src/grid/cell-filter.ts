import { BenchError } from '@attribution-bench/contract';

/** Which cells `--only`, `--skip` and `--force` mean. A glob without a slash is about methods of any task. */
export interface CellFilter {
  takes(task: string, method: string): boolean;
  forces(task: string, method: string): boolean;
}

interface Globs {
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly force?: readonly string[];
}

/** @throws BenchError GLOB_NO_MATCH when a glob fits no cell: most likely a slip of the pen */
export function cellFilter(globs: Globs, tasks: readonly string[], methods: readonly string[]): CellFilter {
  const patterns = (flag: 'only' | 'skip' | 'force'): RegExp[] | undefined =>
    globs[flag]?.map((glob) => {
      const pattern = globPattern(glob);
      if (!tasks.some((task) => methods.some((method) => pattern.test(`${task}/${method}`))))
        throw new BenchError({
          code: 'GLOB_NO_MATCH',
          place: `--${flag} ${glob}`,
          message: 'matches no cell',
          next: `globs match task/method; tasks: ${tasks.join(', ')}; methods: ${methods.join(', ')}`,
        });
      return pattern;
    });
  const only = patterns('only');
  const skip = patterns('skip') ?? [];
  const force = patterns('force') ?? [];
  const any = (list: readonly RegExp[], cell: string) => list.some((pattern) => pattern.test(cell));
  return {
    takes: (task, method) => {
      const cell = `${task}/${method}`;
      return (only === undefined || any(only, cell)) && !any(skip, cell);
    },
    forces: (task, method) => any(force, `${task}/${method}`),
  };
}

/** `*` is any text without a slash, `?` any one character; everything else stands for itself. */
function globPattern(glob: string): RegExp {
  const full = glob.includes('/') ? glob : `*/${glob}`;
  const source = full
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`);
}
