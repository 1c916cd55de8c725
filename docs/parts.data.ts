import { benchJson } from './.vitepress/bench.js';

/** Something that a grid can name, as `bench list --json` describes it. */
interface ListedPart {
  readonly id: string;
  readonly title: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly params: Readonly<
    Record<string, { readonly type: string; readonly default?: unknown; readonly help?: string }>
  >;
}

export interface ParameterEntry {
  readonly name: string;
  readonly type: string;
  /** As JSON; empty where there is none. */
  readonly start: string;
  readonly help: string;
}

/** What pages say of it. */
export interface PartEntry extends Omit<ListedPart, 'params'> {
  readonly params: readonly ParameterEntry[];
}

const kinds = ['methods', 'datasets', 'models', 'targets', 'metrics'] as const;
type Parts = Readonly<Record<(typeof kinds)[number], readonly PartEntry[]>>;

export declare const data: Parts;

/** What grids can name of this repository. */
export default {
  load(): Parts {
    const listed = benchJson('list', '--json') as Readonly<Record<(typeof kinds)[number], readonly ListedPart[]>>;
    return Object.fromEntries(kinds.map((kind) => [kind, listed[kind].map(entryOf)])) as Record<
      (typeof kinds)[number],
      PartEntry[]
    >;
  },
};

function entryOf({ params, ...part }: ListedPart): PartEntry {
  return {
    ...part,
    params: Object.entries(params).map(([name, { type, help = '', default: start }]) => ({
      name,
      type,
      start: start === undefined ? '' : JSON.stringify(start),
      help,
    })),
  };
}
