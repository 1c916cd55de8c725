import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import {
  type Grid,
  loadGrid,
  type Plan,
  type PlanOptions,
  planGrid,
  type RunEvent,
  type RunOptions,
  type RunOutcome,
  runPlan,
} from '../../src/index.js';
import { fixture, gridFile, temporaryFolder } from './folder.js';

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
export const small = `${header}methods: [random, grad-dot, { use: ${fixture('same-class')} }]\n`;

export const grid = (text: string): Promise<Grid> => loadGrid(gridFile(text));

export const plan = (of: Grid, resultsFolder: string, more: Partial<PlanOptions> = {}): Promise<Plan> =>
  planGrid(of, { resultsFolder, engine: 'onnx', ...more });

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

let finished: Promise<string> | undefined;

/** Results of the small grid, run to its end with one worker: made once a test file. */
function finishedResults(): Promise<string> {
  finished ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'runner-whole-'));
    await run(await plan(await grid(small), folder));
    return folder;
  })();
  return finished;
}

afterAll(async () => {
  if (finished !== undefined) rmSync(await finished, { recursive: true, force: true });
});

/** A copy of those results that a test may spoil. */
export async function finishedCopy(): Promise<string> {
  const copy = temporaryFolder();
  cpSync(await finishedResults(), copy, { recursive: true });
  return copy;
}

/** SHA-256 of every artifact by name. */
export function artifacts(resultsFolder: string): ReadonlyMap<string, string> {
  const folder = join(resultsFolder, 'store');
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  return new Map(
    names
      .filter((name) => name.endsWith('.safetensors'))
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );
}

/** Names of artifacts that are in one of the folders only or not of the same bytes. */
export async function differingFromFinished(resultsFolder: string): Promise<string[]> {
  const wanted = artifacts(await finishedResults());
  const found = artifacts(resultsFolder);
  return [...new Set([...wanted.keys(), ...found.keys()])].filter((name) => wanted.get(name) !== found.get(name));
}

/** Where the results of the steps of a kind are. */
export function filesOf(planned: Plan, kind: string): string[] {
  return planned.steps
    .filter((step) => step.kind === kind)
    .flatMap(({ outputs }) => outputs)
    .map(({ key }) => join(planned.resultsFolder, 'store', kind, key.slice(0, 2), `${key}.safetensors`));
}
