import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readStatus } from '../src/report/status.js';
import { temporaryFolder } from './support/folder.js';
import { artifacts, differingFromFinished, finishedCopy, grid, plan, run, small } from './support/run.js';

describe('a run', () => {
  it('does everything, tells what it does, and gives the same bytes with two workers as with one', async () => {
    const results = temporaryFolder();
    const { events, outcome } = await run(await plan(await grid(small), results), { jobs: 2 });
    expect(outcome).toMatchObject({ failedCells: [], counts: { failed: 0, blocked: 0, remaining: 0 } });
    expect(outcome.incomplete).toBeUndefined();
    expect(await differingFromFinished(results)).toEqual([]);
    expect(artifacts(results).size).toBeGreaterThan(50);

    expect(events[0].type).toBe('run-started');
    expect(events[events.length - 1].type).toBe('run-finished');
    expect(events.filter(({ type }) => type === 'step-started').length).toBe(outcome.counts.done);
    const cells = events.flatMap((event) => (event.type === 'cell-finished' ? [event] : []));
    expect(cells.map(({ cell, status }) => `${cell} ${status}`).sort()).toEqual([
      'a/grad-dot ok',
      'a/random ok',
      'a/same-class ok',
    ]);
    expect(cells.every(({ values }) => Number.isFinite(values?.lds))).toBe(true);
    const written = readFileSync(join(outcome.folder, 'events.ndjson'), 'utf8').trim().split('\n');
    expect(JSON.parse(written[0])).toEqual(events[0]);
    expect(await readStatus(results)).toMatchObject([
      { state: 'finished', done: outcome.counts.done, failed: 0, running: [], outcome },
    ]);
  });

  it('has nothing to do the second time', async () => {
    const results = await finishedCopy();
    const again = await plan(await grid(small), results);
    expect(again.cells.map(({ status }) => status)).toEqual(['cached', 'cached', 'cached']);
    expect(again.tasks[0].truth).toMatchObject({ cached: 40, total: 40 });
    const { outcome } = await run(again);
    expect(outcome.counts).toEqual({
      cached: again.steps.length,
      done: 0,
      elsewhere: 0,
      failed: 0,
      blocked: 0,
      remaining: 0,
    });
    expect(await differingFromFinished(results)).toEqual([]);
  });

  it('keeps the work done when there are more subsets, and ends where a run from nothing does', async () => {
    const results = temporaryFolder();
    await run(await plan(await grid(small.replace('subsets: 20', 'subsets: 12')), results));
    const before = artifacts(results);
    const more = await plan(await grid(small), results);
    expect(more.tasks[0].truth).toMatchObject({ cached: 24, total: 40 });
    expect(more.cells.map(({ status, reason }) => `${status}: ${reason}`)).toEqual(
      Array(3).fill('stale: the split changed'),
    );
    await run(more);
    const after = artifacts(results);
    expect([...before].filter(([name, hash]) => after.get(name) !== hash)).toEqual([]);
    const missing = (await differingFromFinished(results)).filter((name) => !before.has(name));
    expect(missing).toEqual([]);
  });
});
