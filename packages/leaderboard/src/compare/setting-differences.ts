import { canonicalJson, formatCount } from '@attribution-bench/contract';
import type { Board, BoardCosts, BoardRow, BoardTaskSummary, SplitSize } from '../board.js';
import { counterfactualWords } from '../view/counterfactual-sentences.js';
import { formatLevel, formatValue, shortKey } from '../view/format.js';
import type { SettingDifference } from './comparison.js';

/** A board with what its machine and moment were, where that is known. */
export interface BoardSource {
  /** How whoever compares names it. */
  readonly name: string;
  readonly board: Board;
  readonly costs?: BoardCosts;
}

/** What differs in how two boards were made: grid, seed, statistics, versions, machine. */
export function boardSettings(a: BoardSource, b: BoardSource): SettingDifference[] {
  return differences(ofBoard(a), ofBoard(b));
}

/** What differs in two tasks: data, model, truth, what is reported on, and how the first model came out. */
export function taskSettings(a: BoardTaskSummary, b: BoardTaskSummary): SettingDifference[] {
  return differences(ofTask(a), ofTask(b));
}

/** What differs about two rows of a method, and in the method itself. */
export function rowSettings(a: BoardRow, b: BoardRow, boardA: Board, boardB: Board): SettingDifference[] {
  return differences(ofRow(a, b, boardA), ofRow(b, a, boardB));
}

type Settings = Readonly<Record<string, string | undefined>>;

function differences(a: Settings, b: Settings): SettingDifference[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((name) => a[name] !== b[name])
    .map((name) => ({
      name,
      ...(a[name] !== undefined && { a: a[name] }),
      ...(b[name] !== undefined && { b: b[name] }),
    }));
}

function ofBoard({ board, costs }: BoardSource): Settings {
  const { grid, gridSeed, statistics, selection } = board;
  // Where the grid file was is no setting.
  const { file: _, ...provenance } = costs?.provenance ?? {};
  const simple = Object.entries(provenance).filter(([, value]) => typeof value !== 'object');
  return {
    grid,
    'grid seed': String(gridSeed),
    intervals: formatLevel(statistics.ci),
    resamples: formatCount(statistics.resamples),
    'chance of a false distinction': formatLevel(statistics.familyError),
    'settings of each method': selection === undefined ? undefined : String(selection.budget),
    ...Object.fromEntries(simple.map(([name, value]) => [name, String(value)])),
  };
}

function ofTask(task: BoardTaskSummary): Settings {
  const { truth, report, tune, foreign } = task;
  const sanity = Object.entries(task.sanity).map(([name, value]) => [`model: ${name}`, formatValue(value)]);
  return {
    task: task.id,
    kind: task.kind,
    'data set': task.dataset,
    target: task.target,
    'training points': formatCount(task.train),
    queries: formatCount(task.queries),
    parameters: formatCount(task.parameters),
    classes: String(task.classes),
    'input shape': task.inputShape.join(' × '),
    epochs: formatCount(task.epochs),
    batch: formatCount(task.batch),
    truth: truth && shortKey(truth.key),
    counterfactual: foreign === undefined ? truth && counterfactualWords(truth) : undefined,
    'subsets of the truth': truth && formatCount(truth.subsets),
    'points in each subset': truth && formatCount(truth.points),
    'retrainings per subset': truth && formatCount(truth.retrainSeeds),
    'reported on': splitWords(report),
    'chosen on': tune && splitWords(tune),
    ...Object.fromEntries(sanity),
  };
}

function splitWords({ subsets, queries }: SplitSize): string {
  return `${formatCount(subsets)} subsets, ${formatCount(queries)} queries`;
}

function ofRow(row: BoardRow, other: BoardRow, board: Board): Settings {
  const method = board.methods.find(({ id }) => id === row.method);
  return {
    revision: method && String(method.revision),
    seeds: row.seeds.join(', '),
    origin: row.origin,
    adapted: row.adaptation,
    ...chosenSettings(row, other),
  };
}

/** The parameters that two rows of a method have different values of, seed by seed where seeds have their own. */
function chosenSettings({ params = {}, paramsBySeed }: BoardRow, other: BoardRow): Settings {
  const text = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value).replaceAll('"', ''));
  const own = Object.fromEntries(
    Object.entries(params)
      .filter(([name, value]) => canonicalJson(value) !== canonicalJson(other.params?.[name] ?? null))
      .map(([name, value]) => [name, text(value)]),
  );
  if (canonicalJson(paramsBySeed ?? null) === canonicalJson(other.paramsBySeed ?? null)) return own;
  const varied = [...new Set((paramsBySeed ?? []).flatMap((one) => Object.keys(one)))].filter((name) =>
    paramsBySeed?.some((one) => canonicalJson(one[name] ?? null) !== canonicalJson(params[name] ?? null)),
  );
  const bySeed = paramsBySeed?.map((one) => varied.map((name) => `${name}=${text(one[name])}`).join(' '));
  return { ...own, 'parameters by seed': bySeed?.join('; ') };
}
