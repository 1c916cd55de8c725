import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { repository } from './.vitepress/pages.js';

/** A parameter as `bench list methods --json` describes it. */
interface ParameterEntry {
  readonly type: string;
  readonly default?: unknown;
  readonly help?: string;
}

/** A method as `bench list methods --json` describes it. */
interface ListedMethod {
  readonly id: string;
  readonly title: string;
  readonly facts: Readonly<Record<'family' | 'origin' | 'scores' | 'tasks' | 'needs' | 'cite', string>>;
  readonly params: Readonly<Record<string, ParameterEntry>>;
}

/** What the page of methods says of one. */
export interface MethodEntry extends Omit<ListedMethod, 'params'> {
  readonly params: readonly {
    readonly name: string;
    readonly type: string;
    readonly start: string;
    readonly help: string;
  }[];
}

export declare const data: readonly MethodEntry[];

/** The methods of this repository, as the built command lists them. */
export default {
  load(): MethodEntry[] {
    const command = join(repository, 'packages/bench/bin/bench.js');
    const listed: ListedMethod[] = JSON.parse(
      execFileSync(process.execPath, [command, 'list', 'methods', '--json'], { encoding: 'utf8' }),
    );
    return listed.map(({ params, ...method }) => ({
      ...method,
      params: Object.entries(params).map(([name, { type, help = '', default: start }]) => ({
        name,
        type,
        start: start === undefined ? '' : JSON.stringify(start),
        help,
      })),
    }));
  },
};
