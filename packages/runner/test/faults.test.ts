import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { boardInput } from '../src/index.js';
import { temporaryFolder } from './support/folder.js';
import { differingFromFinished, finishedCopy, grid, gridOf, plan, run, small, using } from './support/run.js';

describe('a method that goes wrong', () => {
  it('fails its cell with the reason, and the others go on', async () => {
    const results = await finishedCopy();
    const flaws = ['throws', 'nan', 'short', 'list', 'state', 'exits', 'unsupported'];
    const planned = await plan(await grid(gridOf(using('flawed', `grid: { flaw: [${flaws}] }`), 'random')), results);
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
      state: expect.stringMatching(/^fit: fit returned "weights" that is not a Float32Array/),
      exits: expect.stringMatching(/^score: ended its process with exit code 9,/),
    });
    expect(outcome.counts).toMatchObject({ failed: 6, remaining: 0 });
    const board = await boardInput(await plan(planned.grid, results), outcome);
    expect(board.cells.map(({ status }) => status)).toEqual([...Array(6).fill('failed'), 'skipped', 'ok']);
    expect(board.cells[0].reason).toBe('score: the matrix is singular');
    expect((await boardInput(await plan(planned.grid, results))).cells).toEqual(board.cells);
  });

  it('stops the run with --fail-fast', async () => {
    const planned = await plan(
      await grid(gridOf(using('flawed', 'params: { flaw: throws }'), 'grad-cos')),
      await finishedCopy(),
    );
    const { outcome } = await run(planned, { failFast: true });
    expect(outcome.incomplete).toBe('fail-fast');
    expect(outcome.counts.remaining).toBeGreaterThan(0);
  });

  it('is stopped when it is over its time, and what it prints is kept apart', async () => {
    const planned = await plan(
      await grid(`${gridOf(using('patient'), 'random')}budget: { cell: 300ms }\n`),
      await finishedCopy(),
    );
    const { outcome, events } = await run(planned);
    expect(outcome.failedCells).toEqual([
      { cell: 'a/patient', reason: expect.stringContaining('took longer than budget.cell (0.3 s)') },
    ]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'log', message: 'waiting for ever' }));
  });

  it('is stopped when it is over its memory, and only then', async () => {
    const text = `${gridOf(using('greedy', 'grid: { mebibytes: [0, 600] }'))}budget: { memory: 250MiB }\n`;
    const { outcome } = await run(await plan(await grid(text), await finishedCopy()), { jobs: 2 });
    expect(outcome.failedCells).toEqual([
      { cell: 'a/greedy mebibytes=600', reason: expect.stringContaining('budget.memory') },
    ]);
  });

  it('does not reach other tasks through training that diverges', async () => {
    const text = small.replace(
      '  - id: a',
      `  - id: wild
    data: { use: synthetic, train: 40, queries: 6, separation: 100 }
    model: { use: mlp, epochs: 3, lr: 1.0e+30 }
  - id: a`,
    );
    const { outcome } = await run(await plan(await grid(text), await finishedCopy()));
    expect(outcome.failedCells.map(({ cell }) => cell).sort()).toEqual([
      'wild/grad-dot',
      'wild/random',
      'wild/same-class',
    ]);
    for (const { reason } of outcome.failedCells) expect(reason).toMatch(/^(re)?train wild .*: .*(diverge|finite)/);
  });
});

describe('a results folder that cannot be written', () => {
  it('ends before anything is computed when there is a file in its place', async () => {
    const results = join(temporaryFolder(), 'results');
    writeFileSync(results, 'a file, not a folder');
    await expect(plan(await grid(small), results)).rejects.toMatchObject({ code: /STORE_(READ|WRITE)/ });
  });

  it('ends with what to do when it may not be written', async () => {
    const results = temporaryFolder();
    chmodSync(results, 0o555);
    onTestFinished(() => chmodSync(results, 0o755));
    const of = await grid(small);
    const asRoot = process.geteuid?.() === 0;
    if (asRoot) process.seteuid?.(65534);
    try {
      await expect(plan(of, results)).rejects.toMatchObject({
        code: 'STORE_UNWRITABLE',
        next: expect.stringContaining('--results'),
      });
    } finally {
      if (asRoot) process.seteuid?.(0);
    }
  });

  it('stops the run when the disk is full, keeps what is done, and goes on when there is room', async ({ skip }) => {
    const disk = temporaryFolder();
    const mount = (options: string) =>
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk], { stdio: 'ignore' });
    try {
      mount('size=200k');
    } catch {
      skip('needs the right to mount a tmpfs');
    }
    onTestFinished(() => void execFileSync('umount', ['-l', disk]));
    const first = await run(await plan(await grid(small), disk));
    expect(first.outcome).toMatchObject({ incomplete: 'store', error: { code: 'STORE_FULL' } });
    expect(first.outcome.failedCells).toEqual([]);
    mount('remount,size=8m');
    const second = await run(await plan(await grid(small), disk));
    expect(second.outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(await differingFromFinished(disk)).toEqual([]);
  });
});
