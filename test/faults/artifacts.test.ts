import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeBoard } from '@attribution-bench/leaderboard';
import {
  boardExamples,
  boardInput,
  generatedSheets,
  loadGrid,
  planGrid,
  prepareGrid,
  runPlan,
} from '@attribution-bench/runner';
import { beforeAll, describe, expect, test } from 'vitest';
import { inThisThread } from '../../packages/runner/test/support/in-this-thread.js';
import { bench, temporaryFolder } from '../e2e/command.js';
import { artifactsOf, contents, faultGrid, kinds } from './fault-grid.js';

/** Every way in which one stored result can be wrong while all others are there. `another` is one that is sound. */
const faults: readonly { readonly how: string; do(file: string, another: string): void }[] = [
  { how: 'is lost', do: (file) => rmSync(file) },
  {
    how: 'has a bit flipped in its content',
    do: (file) => flip(file, (bytes) => bytes.length - 1),
  },
  { how: 'has a bit flipped in its header', do: (file) => flip(file, () => 200) },
  { how: 'is cut short', do: (file) => truncateSync(file, readFileSync(file).length - 1) },
  { how: 'is empty', do: (file) => truncateSync(file) },
  {
    how: 'is swapped with another',
    do(file, another) {
      renameSync(file, `${file}.x`);
      renameSync(another, file);
      renameSync(`${file}.x`, another);
    },
  },
  {
    how: 'is replaced by another',
    do: (file, another) => copyFileSync(another, file),
  },
  {
    how: 'is a folder',
    do(file) {
      rmSync(file);
      mkdirSync(join(file, 'with something in it'), { recursive: true });
    },
  },
  { how: 'is a folder that nobody may read', do: (file) => put(file, () => mkdirSync(file, { mode: 0 })) },
  { how: 'is a named pipe', do: (file) => put(file, () => execFileSync('mkfifo', [file])) },
  { how: 'is a link to nowhere', do: (file) => put(file, () => symlinkSync('nowhere', file)) },
  { how: 'is a link to a device', do: (file) => put(file, () => symlinkSync('/dev/zero', file)) },
];

let gridFile: string;
let whole: string;
let board: string;
let stored: ReadonlyMap<string, string>;
let openAtFirst: number;

beforeAll(async () => {
  const folder = temporaryFolder();
  gridFile = join(folder, 'grid.yaml');
  writeFileSync(gridFile, faultGrid);
  whole = join(folder, 'results');
  board = await runHere(whole);
  openAtFirst = openFiles();
  stored = contents(whole);
});

describe.each(kinds)('a stored result of kind %s', (kind) => {
  test.each(faults)('that $how is made again, and the board is the same', async ({ do: damage }) => {
    const results = copy();
    const [file, another = artifactsOf(results, kind === 'dataset' ? 'score' : 'dataset')[0]] = artifactsOf(
      results,
      kind,
    );
    damage(join(results, file), join(results, another));
    expect(await runHere(results)).toBe(board);
    const now = contents(results);
    for (const [name, digest] of stored)
      if (!(name === file || name === another) || isRead(kindOf(name))) expect(now.get(name), name).toBe(digest);
  });
});

test.skipIf(process.platform !== 'linux')('all those runs in one process left no file open', () => {
  expect(openFiles()).toBeLessThanOrEqual(openAtFirst);
});

test.each(kinds.map((kind, index) => ({ kind, fault: faults[index % faults.length] })))(
  'the command repairs a stored result of kind $kind that $fault.how',
  async ({ kind, fault }) => {
    const results = copy();
    const [file, another = artifactsOf(results, 'score')[0]] = artifactsOf(results, kind);
    fault.do(join(results, file), join(results, another));
    const { code, stderr } = await bench(['grid', '--config', gridFile, '--results', results, '--progress', 'none']);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(JSON.stringify(JSON.parse(readFileSync(join(results, 'boards/faults/board.json'), 'utf8')).rows)).toBe(
      JSON.stringify(JSON.parse(board).rows),
    );
  },
);

function kindOf(name: string): string {
  return name.split('/')[1];
}

/** Whether a board rests on each result of a kind by itself, and not only on what was made from it: who reads it finds the damage. */
function isRead(kind: string): boolean {
  return kind !== 'retrain' && kind !== 'fit';
}

/** What `bench grid` does, in this thread: plans, runs, and reads everything that goes onto a board and its page. */
async function runHere(resultsFolder: string): Promise<string> {
  const plan = await planGrid(await prepareGrid(await loadGrid(gridFile), { resultsFolder, engine: 'onnx' }));
  const outcome = await runPlan(plan, { jobs: 1, executor: inThisThread });
  expect(outcome).toMatchObject({ failedCells: [], counts: { failed: 0, remaining: 0 } });
  const made = makeBoard(await boardInput(plan, outcome));
  expect(await boardExamples(plan, made.rows)).toHaveLength(1);
  expect(await generatedSheets(plan)).toHaveLength(1);
  return JSON.stringify(made);
}

function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}

function copy(): string {
  const results = join(temporaryFolder(), 'results');
  cpSync(whole, results, { recursive: true });
  return results;
}

function flip(file: string, place: (bytes: Buffer) => number): void {
  const bytes = readFileSync(file);
  bytes[place(bytes)] ^= 16;
  writeFileSync(file, bytes);
}

function put(file: string, what: () => void): void {
  rmSync(file);
  what();
}
