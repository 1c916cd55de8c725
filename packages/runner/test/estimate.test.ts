import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { estimate } from '../src/index.js';
import { temporaryFolder } from './support/folder.js';
import { finishedCopy, grid, plan, small } from './support/run.js';

const probes = (results: string): string => {
  const [file] = readdirSync(join(results, 'probes'));
  return readFileSync(join(results, 'probes', file), 'utf8');
};

describe('an estimate', () => {
  it('rests on a probe the first time, on what the probe found the second, and computes no result', async () => {
    const results = temporaryFolder();
    const planned = await plan(await grid(small), results);
    const first = await estimate(planned, { jobs: 1 });
    expect(first.seconds).toBeGreaterThan(0);
    expect(first.peakRssBytes).toBeGreaterThan(50e6);
    expect(first.bySteps.size).toBe(planned.steps.filter(({ needed }) => needed).length);
    expect(first.byKind).toMatchObject({ retrain: { steps: 4 }, train: { steps: 1 }, fit: { steps: 3 } });
    expect([...first.bySteps.values()].every((seconds) => Number.isFinite(seconds) && seconds >= 0)).toBe(true);
    expect(readdirSync(join(results, 'store')).sort()).toEqual(['dataset', 'task']);
    const found = probes(results);
    expect(await estimate(planned, { jobs: 1 })).toEqual(first);
    expect(probes(results)).toBe(found);
  });

  it('rests on earlier runs, which leave nothing to do', async () => {
    const results = await finishedCopy();
    const done = await estimate(await plan(await grid(small), results), { jobs: 2 });
    expect(done).toEqual({ seconds: 0, peakRssBytes: 0, byKind: {}, bySteps: new Map() });
    const before = probes(results);
    const more = await plan(await grid(`${small}seeds: [0, 1]\n`), results);
    const left = await estimate(more, { jobs: 2 });
    expect(probes(results)).toBe(before);
    expect(left.byKind).toMatchObject({ fit: { steps: 3 }, train: { steps: 1 } });
  });
});
