import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../src/index.js';
import { readStatus } from '../src/report/status.js';
import { gridFile, temporaryFolder } from './support/folder.js';
import { differingFromFinished, filesOf, finishedCopy, grid, gridOf, plan, run, small, using } from './support/run.js';
import { runElsewhere } from './support/run-elsewhere.js';

const stepsThat = (events: readonly RunEvent[], status: string): string[] =>
  events.flatMap((event) => (event.type === 'step-finished' && event.status === status ? [event.label] : []));

const valuesOf = (events: readonly RunEvent[]) =>
  events
    .flatMap((event) => (event.type === 'cell-finished' ? [{ cell: event.cell, values: event.values }] : []))
    .sort((a, b) => (a.cell < b.cell ? -1 : 1));

describe('two processes on one results folder', () => {
  it('do every step once between them and make what one makes', async () => {
    const results = temporaryFolder();
    const file = gridFile(small);
    const both = await Promise.all([runElsewhere(file, results), runElsewhere(file, results)]);
    const done = both.flatMap((events) => stepsThat(events, 'done'));
    expect(new Set(done).size).toBe(done.length);
    expect(done.filter((label) => label.startsWith('retrain')).length).toBe(4);
    expect(await differingFromFinished(results)).toEqual([]);
    for (const events of both)
      expect(events[events.length - 1]).toMatchObject({
        outcome: { counts: { failed: 0, blocked: 0, remaining: 0 }, failedCells: [] },
      });
    expect((await readStatus(results)).map(({ state }) => state)).toEqual(['finished', 'finished']);
  });

  it('tell the same of every cell, whoever computed it', async () => {
    const results = await finishedCopy();
    const of = await grid(small);
    const before = await plan(of, results);
    for (const kind of ['score', 'metric']) for (const file of filesOf(before, kind)) rmSync(file);
    const [first, second] = await Promise.all([plan(of, results), plan(of, results)]);
    const both = await Promise.all([run(first), run(second)]);
    const counts = both.map(({ outcome }) => outcome.counts);
    expect(counts.map(({ done, elsewhere }) => done + elsewhere)).toEqual([6, 6]);
    expect(counts[0].done + counts[1].done).toBe(6);
    expect(valuesOf(both[0].events)).toEqual(valuesOf(both[1].events));
    expect(valuesOf(both[0].events).every(({ values }) => Number.isFinite(values?.lds))).toBe(true);
  });

  it('go on when one of them is killed', async () => {
    const results = temporaryFolder();
    const file = gridFile(small);
    const [, survivor] = await Promise.all([runElsewhere(file, results, 2), runElsewhere(file, results)]);
    expect(survivor[survivor.length - 1]).toMatchObject({ outcome: { counts: { failed: 0, remaining: 0 } } });
    expect(await differingFromFinished(results)).toEqual([]);
  });

  it('do not repeat a failure of each other; who comes later tries again', async () => {
    const results = await finishedCopy();
    const of = await grid(gridOf(using('flawed', 'params: { flaw: throws }'), 'random'));
    const [first, second] = await Promise.all([plan(of, results), plan(of, results)]);
    const both = await Promise.all([run(first), run(second)]);
    const started = (events: readonly RunEvent[]) =>
      events.filter((event) => event.type === 'step-started' && event.label.startsWith('score a/flawed')).length;
    expect(both.reduce((sum, { events }) => sum + started(events), 0)).toBe(1);
    for (const { outcome } of both)
      expect(outcome.failedCells).toEqual([{ cell: 'a/flawed', reason: 'score: the matrix is singular' }]);
    const later = await run(await plan(of, results));
    expect(started(later.events)).toBe(1);
    expect(later.outcome.failedCells).toHaveLength(1);
  });
});

describe('a step that another machine is at', () => {
  it('is waited for, and done here once that machine gives no more sign of life', async () => {
    const results = await finishedCopy();
    const of = await grid(small);
    const [artifact] = filesOf(await plan(of, results), 'truth');
    rmSync(artifact);
    for (const file of filesOf(await plan(of, results), 'metric')) rmSync(file);
    const claim = artifact.replace('safetensors', 'claim');
    mkdirSync(dirname(claim), { recursive: true });
    writeFileSync(claim, JSON.stringify({ machine: 'elsewhere', host: 'node7', pid: 1 }));
    const inTheFuture = Date.now() / 1000 + 1e6;
    utimesSync(claim, inTheFuture, inTheFuture);
    const { outcome, events } = await run(await plan(of, results), { silenceMs: 1500 });
    expect(events).toContainEqual(expect.objectContaining({ type: 'heartbeat', awaited: 1, running: [] }));
    expect(outcome.counts).toMatchObject({ done: 4, elsewhere: 0, remaining: 0 });
    expect(existsSync(claim)).toBe(false);
    expect(await differingFromFinished(results)).toEqual([]);
  });

  it('does not keep a run from stopping', async () => {
    const results = await finishedCopy();
    const of = await grid(small);
    const [artifact] = filesOf(await plan(of, results), 'metric');
    rmSync(artifact);
    writeFileSync(artifact.replace('safetensors', 'claim'), JSON.stringify({ machine: 'elsewhere', pid: 1 }));
    const { outcome } = await run(await plan(of, results), { maxTimeMs: 300 });
    expect(outcome).toMatchObject({ incomplete: 'max-time', counts: { done: 0, remaining: 1 } });
  });
});
