import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** What the gallery says of a board. */
export interface BoardEntry {
  readonly grid: string;
  readonly tasks: readonly {
    readonly id: string;
    readonly kind: string;
    readonly train: number;
    readonly queries: number;
  }[];
  readonly methods: number;
}

export declare const data: readonly BoardEntry[];

/** The boards that are in the repository, in the order of their names. */
export default {
  watch: '../results/boards/*/board.json',
  load: (files: readonly string[]): BoardEntry[] =>
    files
      .toSorted()
      .filter((file) => !isTrial(basename(dirname(file))))
      .map((file) => {
        const { grid, tasks, methods } = JSON.parse(readFileSync(file, 'utf8'));
        const entries = tasks.map(({ id, kind, train, queries }: BoardEntry['tasks'][number]) => ({
          id,
          kind,
          train,
          queries,
        }));
        return { grid, tasks: entries, methods: methods.length };
      }),
};

/** Boards that are never committed: that of CI, and those of trials. */
function isTrial(name: string): boolean {
  return name === 'ci' || name.endsWith('-quick');
}
