import { describe, expect, it } from 'vitest';
import { boardInput, type Plan } from '../src/index.js';
import { metricStep } from '../src/steps/kinds/metric.js';
import { temporaryFolder } from './support/folder.js';
import { finishedCopy, grid, plan, run, small } from './support/run.js';

describe('a grid that selects parameters', () => {
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
      planned.steps.flatMap((step) => metricStep.jobOf(step) ?? []).filter(({ metric }) => metric === id);
    const chosenByLds = await plan(await grid(text), temporaryFolder());
    expect(metricJobs(chosenByLds, 'lds').every(({ tune }) => tune !== undefined)).toBe(true);
    expect(metricJobs(chosenByLds, 'removal-curve').map(({ tune }) => tune)).toEqual([undefined, undefined, undefined]);
    const primary = `${text.replace('by: lds', 'by: removal-curve')}report: { primary: removal-curve }\n`;
    const chosenByCurve = await plan(await grid(primary), temporaryFolder());
    expect(metricJobs(chosenByCurve, 'removal-curve').every(({ tune }) => tune !== undefined)).toBe(true);
  });
});
