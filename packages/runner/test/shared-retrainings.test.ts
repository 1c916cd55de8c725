import { expect, it } from 'vitest';
import { boardInput } from '../src/index.js';
import { temporaryFolder } from './support/folder.js';
import { artifacts, grid, gridOf, plan, run } from './support/run.js';

it('trains once what two metrics ask for, though one of them looks at predictions, and keeps their curves', async () => {
  const folder = temporaryFolder();
  const params = 'params: { shares: [0.1, 0.2], seeds: 1 }';
  const done = async (...metrics: readonly string[]) => {
    const names = metrics.map((metric) => `{ use: ${metric}, ${params} }`);
    const text = gridOf('grad-dot')
      .replace(/truth: .*\n/, '')
      .replace('metrics: [lds]', `metrics: [${names.join(', ')}]\nreport: { primary: removal-curve }`);
    const planned = await plan(await grid(text), folder);
    const { outcome } = await run(planned);
    expect(outcome.failedCells).toEqual([]);
    return { stored: artifacts(folder).size, input: await boardInput(planned, outcome) };
  };
  const alone = await done('removal-curve');
  const both = await done('removal-curve', 'weighted-accuracy-drop');
  // The values of the second metric, and the model that is trained on everything.
  expect(both.stored - alone.stored).toBe(2);
  const [{ metrics }] = both.input.cells;
  for (const id of ['removal-curve', 'weighted-accuracy-drop']) {
    const { curve, perQuery } = metrics[id].report;
    expect(Array.from(curve?.points ?? [])).toEqual([4, 8]);
    expect([curve?.values.length, curve?.repeats?.retrainings.length, perQuery?.length]).toEqual([12, 12, 6]);
  }
});
