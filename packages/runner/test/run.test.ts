import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTruthPack } from '@attribution-bench/store';
import { describe, expect, it } from 'vitest';
import {
  boardExamples,
  boardInput,
  exportTruth,
  generatedSheets,
  type Plan,
  readStatus,
  verifyTruth,
} from '../src/index.js';
import { fixture, temporaryFolder } from './support/folder.js';
import { artifacts, differingFromFinished, filesOf, finishedCopy, grid, plan, run, small } from './support/run.js';

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

  it('has nothing to do the second time, and the board is all there', async () => {
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

    const board = await boardInput(again, outcome);
    expect(board.cells.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'random ok',
      'grad-dot ok',
      'same-class ok',
    ]);
    const [task] = board.tasks;
    expect(task.truth).toMatchObject({ subsets: 20, retrainSeeds: 2, queries: 6, train: 40, fraction: 0.5 });
    expect(task.truth?.outputs.length).toBe(20 * 2 * 6);
    expect(task.truth?.members.every((members) => members.length === 20)).toBe(true);
    expect(task.sanity.trainAccuracy).toBeGreaterThan(0.6);
    for (const { metrics, scoresDigest, cost } of board.cells) {
      expect(metrics.lds.report.perQuery?.length).toBe(6);
      expect(metrics.lds.report.predictions?.length).toBe(20 * 6);
      expect(metrics.lds.tune).toBeUndefined();
      expect(scoresDigest).toMatch(/^[0-9a-f]{64}$/);
      expect(cost?.peakRssBytes).toBeGreaterThan(1e6);
    }
    expect(board.cells.map(({ cost }) => cost?.retrainings)).toEqual([0, 1, 0]);
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

  it('chooses parameters on other queries and subsets than it reports', async () => {
    const text = small
      .replace('[random, grad-dot,', '[random, { use: trak, grid: { projDim: [4, 8] }, params: { checkpoints: 2 } },')
      .concat('select: { by: lds, tuneFraction: 0.25 }\nseeds: [3, 4]\n');
    const results = await finishedCopy();
    const { outcome } = await run(await plan(await grid(text), results));
    expect(outcome.failedCells).toEqual([]);
    const board = await boardInput(await plan(await grid(text), results), outcome);
    const [{ report, tune }] = board.tasks;
    expect([tune?.subsets.length, report.subsets.length, tune?.queries.length, report.queries.length]).toEqual([
      5, 15, 2, 4,
    ]);
    for (const { metrics } of board.cells) {
      expect(metrics.lds.report.perQuery?.length).toBe(4);
      expect(metrics.lds.tune?.perQuery?.length).toBe(2);
    }
    const values = board.cells.map(({ metrics }) => metrics.lds.report.value);
    expect(new Set(values.slice(0, 6)).size).toBe(6);
    expect(board.cells.map(({ cost }) => cost?.retrainings)).toEqual([0, 0, 2, 2, 2, 2, 0, 0]);
  });

  it('trains no models for a metric on a split that nothing is chosen on', async () => {
    const text = small
      .replace('metrics: [lds]', 'metrics: [lds, { use: removal-curve, params: { shares: [0.2], seeds: 1 } }]')
      .replace('[random, grad-dot,', '[{ use: trak, grid: { projDim: [4, 8] } },')
      .concat('select: { by: lds, tuneFraction: 0.25 }\n');
    const metricJobs = (planned: Plan, id: string) =>
      planned.steps.flatMap(({ job }) => (job.kind === 'metric' && job.metric === id ? [job] : []));
    const chosenByLds = await plan(await grid(text), temporaryFolder());
    expect(metricJobs(chosenByLds, 'lds').every(({ tune }) => tune !== undefined)).toBe(true);
    expect(metricJobs(chosenByLds, 'removal-curve').map(({ tune }) => tune)).toEqual([undefined, undefined, undefined]);
    const primary = `${text.replace('by: lds', 'by: removal-curve')}report: { primary: removal-curve }\n`;
    const chosenByCurve = await plan(await grid(primary), temporaryFolder());
    expect(metricJobs(chosenByCurve, 'removal-curve').every(({ tune }) => tune !== undefined)).toBe(true);
  });

  it('marks cells that their method calls adapted', async () => {
    const adam = small.replace('epochs: 10', 'epochs: 10, optimizer: adam');
    for (const [text, expected] of [
      [small, undefined],
      [adam, 'made for SGD'],
    ] as const) {
      const { cells } = await boardInput(await plan(await grid(text), temporaryFolder()));
      expect(cells.map(({ adaptation }) => adaptation)).toEqual([undefined, undefined, expected]);
    }
  });

  it('explains generated images too', async () => {
    const text = `schema: bench/grid@1
name: images
seed: 7
tasks:
  - id: images
    kind: generator
    data: { use: digits, train: 40 }
    model: { use: ddpm-mlp, hidden: [16], epochs: 2, diffusionSteps: 20 }
    queries: { heldout: 5, generated: 4, samplerSteps: 4 }
truth: { subsets: 4, retrainSeeds: 1 }
metrics:
  - lds
  - { use: counterfactual-cosine, params: { images: 3, draws: 2, seeds: 2 } }
  - { use: counterfactual, params: { images: 3, draws: 2, seeds: 2 } }
methods: [random, pixel-similarity, { use: ${fixture('same-class')} }]
`;
    const results = temporaryFolder();
    const planned = await plan(await grid(text), results);
    expect(planned.cells.map(({ status, reason }) => reason ?? status)).toEqual([
      'missing',
      'missing',
      'needs a classifier',
    ]);
    const { outcome } = await run(planned);
    expect(outcome.failedCells).toEqual([]);
    const board = await boardInput(await plan(planned.grid, results), outcome);
    expect(board.tasks[0].info).toMatchObject({ kind: 'generator', queries: 9, generated: 4 });
    expect(board.tasks[0].truth?.queries).toBe(9);
    expect(board.tasks[0].diagnostics?.map(({ id }) => id)).toContain('fid-test');
    for (const { metrics } of board.cells.slice(0, 2))
      for (const id of ['counterfactual', 'counterfactual-cosine']) {
        const { perSampledQuery, repeats } = metrics[id].report;
        expect(perSampledQuery).toHaveLength(3);
        expect([repeats?.retrainings.length, repeats?.removals.length]).toEqual([6, 6]);
      }
    // Each seed: all points and random removals once, the removals of each method once; none for the second metric.
    const forMetrics = filesOf(planned, 'retrain').length;
    expect(storedRetrainings(results) - forMetrics).toBe(2 * (2 + 2));
    const rows = planned.cells.map(({ method, params }) => ({
      task: 'images',
      entry: method,
      method,
      params,
      seeds: [0],
    }));
    const [{ generated = [], pictures }] = await boardExamples(planned, rows);
    expect(generated.map(({ source }) => source).sort()).toEqual([0, 1, 2, 3].map((i) => `generated/${i}`));
    expect(generated.map(({ memorisation }) => -memorisation)).toEqual(
      generated.map(({ memorisation }) => -memorisation).sort((a, b) => a - b),
    );
    for (const example of generated) expect(pictures[example.pictures?.own ?? -1]).toMatch(/^data:image\/png/);
    expect(board.cells.map(({ status }) => status)).toEqual(['ok', 'ok', 'skipped']);
    const [sheet] = await generatedSheets(planned);
    expect(sheet.task).toBe('images');
    const header = new DataView(sheet.png.buffer, sheet.png.byteOffset + 16);
    expect([header.getUint32(0), header.getUint32(4)]).toEqual([4 * 33, 33]);
    const [pack] = await exportTruth(planned);
    expect((await readTruthPack(pack.file)).queryIds.slice(-3)).toEqual(['generated/1', 'generated/2', 'generated/3']);
    const [verified] = await verifyTruth(planned, { rows: 1, jobs: 1 });
    expect(verified.rows.map(({ identical }) => identical)).toEqual([true]);
  });
});

function storedRetrainings(results: string): number {
  return [...artifacts(results).keys()].filter((name) => name.startsWith('retrain')).length;
}
