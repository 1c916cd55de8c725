import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  boardInput,
  type Grid,
  loadGrid,
  type Plan,
  type PlanOptions,
  planGrid,
  type RunEvent,
  type RunOptions,
  type RunOutcome,
  readStatus,
  runPlan,
} from '../src/index.js';
import { fixture, gridFile, temporaryFolder } from './folder.js';

const header = `schema: bench/grid@1
name: trial
seed: 7
tasks:
  - id: a
    data: { use: synthetic, train: 40, queries: 6 }
    model: { use: logistic, epochs: 3 }
truth: { subsets: 20, retrainSeeds: 2 }
metrics: [lds]
`;
const small = `${header}methods: [random, grad-dot, { use: ${fixture('same-class')} }]\n`;

const grid = (text: string): Promise<Grid> => loadGrid(gridFile(text));
const plan = (of: Grid, resultsFolder: string, more: Partial<PlanOptions> = {}): Promise<Plan> =>
  planGrid(of, { resultsFolder, engine: 'onnx', ...more });

interface Ran {
  readonly outcome: RunOutcome;
  readonly events: readonly RunEvent[];
}

async function run(planned: Plan, options: Partial<RunOptions> = {}): Promise<Ran> {
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

/** SHA-256 of every artifact by name. */
function artifacts(resultsFolder: string): Record<string, string> {
  const folder = join(resultsFolder, 'store');
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  return Object.fromEntries(
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

const fileOf = (planned: Plan, kind: string, index = 0): string => {
  const { key } = planned.steps.filter((step) => step.kind === kind)[index].outputs[0];
  return join(planned.resultsFolder, 'store', kind, key.slice(0, 2), `${key}.safetensors`);
};

describe('a run', () => {
  it('does every step once, makes a board, and has nothing to do the second time', async () => {
    const results = temporaryFolder();
    const first = await run(await plan(await grid(small), results));
    expect(first.outcome).toMatchObject({ failedCells: [], counts: { failed: 0, blocked: 0, remaining: 0 } });
    expect(first.outcome.incomplete).toBeUndefined();
    const again = await plan(await grid(small), results);
    expect(again.cells.map(({ status }) => status)).toEqual(['cached', 'cached', 'cached']);
    expect(again.tasks[0].truth).toMatchObject({ cached: 40, total: 40 });
    const before = artifacts(results);
    const second = await run(again);
    expect(second.outcome.counts).toEqual({ cached: again.steps.length, done: 0, failed: 0, blocked: 0, remaining: 0 });
    expect(artifacts(results)).toEqual(before);

    const board = await boardInput(again, second.outcome);
    expect(board.cells.map(({ method, status }) => [method, status])).toEqual([
      ['random', 'ok'],
      ['grad-dot', 'ok'],
      ['same-class', 'ok'],
    ]);
    const [task] = board.tasks;
    expect(task.truth).toMatchObject({ subsets: 20, retrainSeeds: 2, queries: 6, train: 40, fraction: 0.5 });
    expect(task.truth?.outputs.length).toBe(20 * 2 * 6);
    expect(task.truth?.members.every((members) => members.length === 20)).toBe(true);
    expect(task.sanity.trainAccuracy).toBeGreaterThan(0.5);
    for (const { metrics, scoresDigest, cost } of board.cells) {
      expect(metrics.lds.report.perQuery?.length).toBe(6);
      expect(metrics.lds.report.predictions?.length).toBe(20 * 6);
      expect(metrics.lds.tune).toBeUndefined();
      expect(scoresDigest).toMatch(/^[0-9a-f]{64}$/);
      expect(cost?.peakRssBytes).toBeGreaterThan(1e6);
    }
    expect(board.cells.map(({ cost }) => cost?.retrainings)).toEqual([0, 1, 0]);
  });

  it('gives the same bytes with one worker and with two', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    const text = `${small}seeds: [0, 1]\n`;
    await run(await plan(await grid(text), one), { jobs: 1 });
    await run(await plan(await grid(text), two), { jobs: 2 });
    expect(artifacts(one)).toEqual(artifacts(two));
    expect(Object.keys(artifacts(one)).length).toBeGreaterThan(50);
  });

  it('keeps the work done when there are more subsets or methods', async () => {
    const results = temporaryFolder();
    await run(await plan(await grid(small.replace('subsets: 20', 'subsets: 12')), results));
    const before = artifacts(results);
    const more = await plan(await grid(small), results);
    expect(more.tasks[0].truth).toMatchObject({ cached: 24, total: 40 });
    await run(more);
    const after = artifacts(results);
    expect(Object.entries(before).every(([name, hash]) => after[name] === hash)).toBe(true);
    const whole = temporaryFolder();
    await run(await plan(await grid(small), whole));
    expect(Object.entries(artifacts(whole)).every(([name, hash]) => after[name] === hash)).toBe(true);
  });

  it('tells what happens, in events and in a file', async () => {
    const results = temporaryFolder();
    const { events, outcome } = await run(await plan(await grid(small), results));
    const types = events.map(({ type }) => type);
    expect(types[0]).toBe('run-started');
    expect(types[types.length - 1]).toBe('run-finished');
    expect(events.filter(({ type }) => type === 'step-started').length).toBe(outcome.counts.done);
    const cells = events.flatMap((event) => (event.type === 'cell-finished' ? [event] : []));
    expect(cells.map(({ cell, status }) => [cell, status]).sort()).toEqual([
      ['a/grad-dot', 'ok'],
      ['a/random', 'ok'],
      ['a/same-class', 'ok'],
    ]);
    expect(cells.every(({ values }) => Number.isFinite(values?.lds))).toBe(true);
    const written = readFileSync(join(outcome.folder, 'events.ndjson'), 'utf8').trim().split('\n');
    expect(JSON.parse(written[0])).toEqual(events[0]);
    expect(await readStatus(results)).toMatchObject([
      { state: 'finished', done: outcome.counts.done, failed: 0, outcome },
    ]);
  });
});

describe('a method that goes wrong', () => {
  it('fails its cell with the reason, and the others go on', async () => {
    const results = temporaryFolder();
    const flaws = ['throws', 'nan', 'short', 'list', 'state', 'exits', 'unsupported'];
    const planned = await plan(
      await grid(`${header}methods: [{ use: ${fixture('flawed')}, grid: { flaw: [${flaws}] } }, random]\n`),
      results,
    );
    expect(planned.cells.find(({ id }) => id.endsWith('unsupported'))).toMatchObject({
      status: 'skipped',
      reason: 'is flawed',
    });
    const { outcome } = await run(planned);
    const reasons = Object.fromEntries(outcome.failedCells.map(({ cell, reason }) => [cell.split('=')[1], reason]));
    expect(reasons).toEqual({
      throws: 'score: the matrix is singular',
      nan: expect.stringMatching(/^score: score returned 1 of 240 numbers .* NaN at query 1, training point 2,/),
      short: expect.stringMatching(
        /^score: score returned 239 numbers, return a Float32Array of 240 numbers \[queries/,
      ),
      list: expect.stringMatching(/^score: score returned no Float32Array/),
      state: expect.stringMatching(/^fit: fit returned "weights" that is no Float32Array/),
      exits: expect.stringMatching(/^score: the worker thread ended: .*exited with code: 9/),
    });
    expect(outcome.counts).toMatchObject({ failed: 6, remaining: 0 });
    const board = await boardInput(await plan(planned.grid, results), outcome);
    expect(board.cells.map(({ status }) => status)).toEqual([...Array(6).fill('failed'), 'skipped', 'ok']);
    expect(board.cells[0].reason).toBe('score: the matrix is singular');
    const later = await boardInput(await plan(planned.grid, results));
    expect(later.cells).toEqual(board.cells);
  });

  it('stops the run with --fail-fast', async () => {
    const planned = await plan(
      await grid(`${header}methods: [{ use: ${fixture('flawed')}, params: { flaw: throws } }, random]\n`),
      temporaryFolder(),
    );
    const { outcome } = await run(planned, { failFast: true });
    expect(outcome.incomplete).toBe('fail-fast');
    expect(outcome.counts.remaining).toBeGreaterThan(0);
  });

  it('is stopped when it is over its time', async () => {
    const planned = await plan(
      await grid(`${header}methods: [{ use: ${fixture('patient')} }, random]\nbudget: { cell: 300ms }\n`),
      temporaryFolder(),
    );
    const { outcome, events } = await run(planned);
    expect(outcome.failedCells).toEqual([
      { cell: 'a/patient', reason: expect.stringContaining('took longer than budget.cell (0.3 s)') },
    ]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'log', message: 'waiting for ever' }));
  });

  it('is stopped when it is over its memory, and only then', async () => {
    const text = `${header}methods: [{ use: ${fixture('greedy')}, grid: { mebibytes: [0, 600] } }]\nbudget: { memory: 250MiB }\n`;
    const { outcome } = await run(await plan(await grid(text), temporaryFolder()), { jobs: 2 });
    expect(outcome.failedCells).toEqual([
      { cell: 'a/greedy mebibytes=600', reason: expect.stringContaining('budget.memory') },
    ]);
  });

  it('does not reach others through training that diverges', async () => {
    const text = `${small}`.replace(
      '  - id: a',
      `  - id: wild
    data: { use: synthetic, train: 40, queries: 6, separation: 100 }
    model: { use: mlp, epochs: 3, lr: 1.0e+30 }
  - id: a`,
    );
    const { outcome } = await run(await plan(await grid(text), temporaryFolder()));
    const wild = outcome.failedCells.filter(({ cell }) => cell.startsWith('wild/'));
    expect(outcome.failedCells.length).toBe(wild.length);
    expect(wild.map(({ cell }) => cell).sort()).toEqual(['wild/grad-dot', 'wild/random', 'wild/same-class']);
    for (const { reason } of wild) expect(reason).toMatch(/^re?train wild .*: .*(diverge|finite)/);
  });
});

describe('stopping', () => {
  it('keeps what is finished and goes on where it was', async () => {
    const results = temporaryFolder();
    const cancel = new AbortController();
    let finished = 0;
    const { outcome } = await run(await plan(await grid(small), results), {
      cancel: cancel.signal,
      onEvent: (event) => {
        if (event.type === 'step-finished' && ++finished === 3) cancel.abort();
      },
    });
    expect(outcome.incomplete).toBe('cancelled');
    expect(outcome.counts.done).toBeGreaterThanOrEqual(3);
    expect(outcome.counts.remaining).toBeGreaterThan(0);
    const rest = await plan(await grid(small), results);
    const partial = await boardInput(rest, outcome);
    expect(partial.cells.some(({ status }) => status === 'incomplete')).toBe(true);
    const { outcome: last } = await run(rest);
    expect(last.counts).toMatchObject({ failed: 0, remaining: 0 });
    const whole = temporaryFolder();
    await run(await plan(await grid(small), whole));
    expect(artifacts(results)).toEqual(artifacts(whole));
  });

  it('interrupts a step that runs', async () => {
    const cancel = new AbortController();
    const { outcome } = await run(
      await plan(await grid(`${header}methods: [{ use: ${fixture('patient')} }]\n`), temporaryFolder()),
      {
        cancel: cancel.signal,
        onEvent: (event) => {
          if (event.type === 'log') cancel.abort();
        },
      },
    );
    expect(outcome).toMatchObject({ incomplete: 'cancelled', failedCells: [] });
  });

  it('ends at the time limit', async () => {
    const { outcome } = await run(
      await plan(await grid(`${header}methods: [{ use: ${fixture('patient')} }]\n`), temporaryFolder()),
      { maxTimeMs: 1500 },
    );
    expect(outcome).toMatchObject({ incomplete: 'max-time', failedCells: [] });
  });

  it('survives SIGKILL at any moment', async () => {
    const results = temporaryFolder();
    const file = gridFile(small);
    for (const steps of [1, 4, 8]) await killedAfter(file, results, steps);
    expect((await readStatus(results))[0].state).toBe('interrupted');
    const { outcome } = await run(await plan(await loadGrid(file), results));
    expect(outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    const whole = temporaryFolder();
    await run(await plan(await loadGrid(file), whole));
    expect(artifacts(results)).toEqual(artifacts(whole));
    const names = readdirSync(results, { recursive: true }).map(String);
    expect(names.filter((name) => name.includes('.tmp-'))).toEqual([]);
  });

  it('lets two processes work on one store', async () => {
    const results = temporaryFolder();
    const file = gridFile(small);
    await Promise.all([killedAfter(file, results, 1000), killedAfter(file, results, 1000)]);
    expect((await plan(await loadGrid(file), results)).cells.map(({ status }) => status)).toEqual([
      'cached',
      'cached',
      'cached',
    ]);
    const whole = temporaryFolder();
    await run(await plan(await loadGrid(file), whole));
    expect(artifacts(results)).toEqual(artifacts(whole));
  });
});

/** Runs a grid in a process of its own that is killed once so many steps are finished. */
async function killedAfter(file: string, results: string, steps: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-grid.js'), file, results], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let seen = 0;
  for await (const chunk of child.stdout) {
    seen += String(chunk).split('step-finished').length - 1;
    if (seen >= steps) child.kill('SIGKILL');
  }
  await ended;
}

describe('damage', () => {
  it.each(['score', 'retrain', 'train', 'dataset', 'metric', 'truth', 'fit', 'task'])(
    'to a stored %s is found, reported and made good',
    async (kind) => {
      const results = temporaryFolder();
      const of = await grid(small);
      await run(await plan(of, results));
      const before = artifacts(results);
      const file = fileOf(await plan(of, results), kind);
      const bytes = readFileSync(file);
      bytes[bytes.length - 9] ^= 16;
      writeFileSync(file, bytes);
      const logged: string[] = [];
      const mended = await plan(of, results, { onLog: (message) => logged.push(message) });
      expect(logged.join()).toContain('set aside as');
      for (const name of ['score', 'metric']) rmSync(fileOf(mended, name), { force: true });
      const { outcome } = await run(await plan(of, results));
      expect(outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
      const after = artifacts(results);
      for (const [name, hash] of Object.entries(after)) expect(before[name]).toBe(hash);
    },
  );

  it('that happens during the run is made good too', async () => {
    const results = temporaryFolder();
    const of = await grid(small);
    await run(await plan(of, results));
    const before = artifacts(results);
    for (const index of [0, 1, 2]) rmSync(fileOf(await plan(of, results), 'metric', index), { force: true });
    const planned = await plan(of, results);
    for (const kind of ['score', 'fit', 'train', 'truth', 'dataset']) rmSync(fileOf(planned, kind));
    for (let index = 0; index < 3; index++) rmSync(fileOf(planned, 'score', index), { force: true });
    const { outcome, events } = await run(planned);
    expect(outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(events.some((event) => event.type === 'log' && event.level === 'warning')).toBe(true);
    const after = artifacts(results);
    for (const [name, hash] of Object.entries(after)) expect(before[name]).toBe(hash);
    expect((await plan(of, results)).cells.every(({ status }) => status === 'cached')).toBe(true);
  });

  it('to the results folder itself ends with what to do', async () => {
    const folder = temporaryFolder();
    const results = join(folder, 'results');
    writeFileSync(results, 'a file, not a folder');
    await expect(plan(await grid(small), results)).rejects.toMatchObject({ code: 'STORE_WRITE', exit: 2 });
    expect(existsSync(results)).toBe(true);
  });
});
