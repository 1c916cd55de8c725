import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { boardInput, loadGrid } from '../src/index.js';
import { readStatus } from '../src/report/status.js';
import { gridFile, temporaryFolder } from './support/folder.js';
import { differingFromFinished, finishedCopy, grid, gridOf, plan, run, small, using } from './support/run.js';
import { runElsewhere } from './support/run-elsewhere.js';

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
    expect((await run(rest)).outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(await differingFromFinished(results)).toEqual([]);
  });

  it('interrupts a step that runs, and is no failure', async () => {
    const cancel = new AbortController();
    const { outcome } = await run(await plan(await grid(gridOf(using('patient'))), await finishedCopy()), {
      cancel: cancel.signal,
      onEvent: (event) => {
        if (event.type === 'log') cancel.abort();
      },
    });
    expect(outcome).toMatchObject({ incomplete: 'cancelled', failedCells: [] });
  });

  it('ends at the time limit', async () => {
    const { outcome } = await run(await plan(await grid(gridOf(using('patient'))), await finishedCopy()), {
      maxTimeMs: 1000,
    });
    expect(outcome).toMatchObject({ incomplete: 'max-time', failedCells: [] });
  });

  it('survives SIGKILL at any moment', async () => {
    const results = temporaryFolder();
    const file = gridFile(small);
    for (const steps of [1, 5]) await runElsewhere(file, results, steps);
    const [killed] = await readStatus(results);
    expect(killed.state).toBe('interrupted');
    const { outcome, events } = await run(await plan(await loadGrid(file), results));
    // What steps say themselves depends on which of them were left.
    const said = events.flatMap((event) => (event.type === 'log' && event.step === undefined ? [event.message] : []));
    expect(said).toEqual(
      killed.running.length === 0
        ? []
        : [
            `run ${killed.run} before this one was killed or crashed while it was at: ${killed.running.join(', ')}; what it finished is kept`,
          ],
    );
    expect(outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    expect(await differingFromFinished(results)).toEqual([]);
    const names = readdirSync(results, { recursive: true }).map(String);
    expect(names.filter((name) => name.includes('.tmp-'))).toEqual([]);
  });
});
