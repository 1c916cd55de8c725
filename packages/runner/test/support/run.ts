import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ExampleRow,
  type Grid,
  loadGrid,
  type Plan,
  type PlanOptions,
  planGrid,
  prepareGrid,
  type RunEvent,
  type RunOptions,
  type RunOutcome,
  runPlan,
} from '../../src/index.js';
import { fixture, gridFile, sharedFolder, temporaryFolder } from './folder.js';

/** Everything of a small grid but its methods. */
export const header = `schema: bench/grid@1
name: trial
seed: 7
tasks:
  - id: a
    data: { use: synthetic, train: 40, queries: 6 }
    model: { use: logistic, epochs: 10 }
truth: { subsets: 20, retrainSeeds: 2 }
metrics: [lds]
`;
/** A small grid with these methods, in YAML. */
export const gridOf = (...methods: readonly string[]): string => `${header}methods: [${methods.join(', ')}]\n`;

/** An entry for a method of the fixtures, in YAML. */
export const using = (name: string, settings = ''): string => `{ use: ${fixture(name)}${settings && `, ${settings}`} }`;

export const small = gridOf('random', 'grad-dot', using('same-class'));

export const grid = (text: string): Promise<Grid> => loadGrid(gridFile(text));

export const plan = async (of: Grid, resultsFolder: string, more: Partial<PlanOptions> = {}): Promise<Plan> =>
  planGrid(await prepareGrid(of, { resultsFolder, engine: 'onnx', ...more }));

export interface Ran {
  readonly outcome: RunOutcome;
  readonly events: readonly RunEvent[];
}

export async function run(planned: Plan, options: Partial<RunOptions> = {}): Promise<Ran> {
  const events: RunEvent[] = [];
  const outcome = await runPlan(planned, {
    jobs: 1,
    ...options,
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  return { outcome, events };
}

const finishedFolder = sharedFolder();
let finished: Promise<Ran> | undefined;

/** Folder with the results of the small grid, run to its end with one worker: once for each test file. */
async function finishedResults(): Promise<string> {
  finished ??= (async () => run(await plan(await grid(small), finishedFolder)))();
  await finished;
  return finishedFolder;
}

/** A copy of those results that a test may spoil. */
export async function finishedCopy(): Promise<string> {
  const copy = temporaryFolder();
  cpSync(await finishedResults(), copy, { recursive: true });
  return copy;
}

/** SHA-256 of every artifact by name, whether it is a file or a row of a pack. */
export function artifacts(resultsFolder: string): ReadonlyMap<string, string> {
  const folder = join(resultsFolder, 'store');
  const digest = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
  const found = readdirSync(folder, { recursive: true }).map(String).sort();
  return new Map(
    found.flatMap((name): [string, string][] => {
      if (name.endsWith('.safetensors')) return [[name, digest(readFileSync(join(folder, name)))]];
      if (!name.endsWith('.pack')) return [];
      const kind = name.split('/')[0];
      return rowsOfPack(join(folder, name)).map(({ key, content }) => [
        `${kind}/${key.slice(0, 2)}/${key}.safetensors`,
        digest(content),
      ]);
    }),
  );
}

/** The rows of a pack, which is a safetensors file. */
function rowsOfPack(file: string): { readonly key: string; readonly content: Buffer }[] {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: _, ...rows } = JSON.parse(bytes.toString('utf8', 8, start));
  return Object.entries<{ readonly data_offsets: readonly [number, number] }>(rows).map(([key, row]) => {
    const [from, to] = row.data_offsets;
    return { key, content: bytes.subarray(start + from, start + to) };
  });
}

/** Files of packs of a kind. */
export function packsOf(resultsFolder: string, kind: string): string[] {
  const folder = join(resultsFolder, 'store', kind, 'packs');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.pack'))
    .map((name) => join(folder, name));
}

/** Names of artifacts that are in one of the folders only or not of the same bytes. */
export async function differingFromFinished(resultsFolder: string): Promise<string[]> {
  const wanted = artifacts(await finishedResults());
  const found = artifacts(resultsFolder);
  return [...new Set([...wanted.keys(), ...found.keys()])].filter((name) => wanted.get(name) !== found.get(name));
}

/** A row of a board for each cell. */
export function rowsOf({ cells }: Plan): ExampleRow[] {
  return cells.map(({ task, method, params }) => ({ task, entry: method, method, params, seeds: [0] }));
}

/** Where the results of the steps of a kind are. */
export function filesOf(planned: Plan, kind: string): string[] {
  return planned.steps
    .filter((step) => step.kind === kind)
    .flatMap(({ outputs }) => outputs)
    .map(({ key }) => join(planned.resultsFolder, 'store', kind, key.slice(0, 2), `${key}.safetensors`));
}
