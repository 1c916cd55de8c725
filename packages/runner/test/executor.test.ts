import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openLocalExecutor } from '../src/executors/local/local-executor.js';
import type { OpenExecutor, RunEvent } from '../src/index.js';
import { temporaryFolder } from './support/folder.js';
import { inThisThread } from './support/in-this-thread.js';
import { differingFromFinished, grid, plan, run, small } from './support/run.js';

/** What a run told, without times and sizes, sorted: which steps wait together for their results to be written is a matter of time. */
const told = (events: readonly RunEvent[]): string[] =>
  events
    .flatMap((event) => {
      if (event.type === 'step-started') return [`${event.label} started`];
      if (event.type === 'step-finished') return [`${event.label} ${event.status}`];
      return event.type === 'cell-finished' ? [`${event.cell} ${event.status} ${JSON.stringify(event.values)}`] : [];
    })
    .sort();

describe('a run with another executor', () => {
  it('stores the same bytes, and tells the same, as with threads of this machine', async () => {
    const of = await grid(small);
    const results = temporaryFolder();
    const other = await run(await plan(of, results), { executor: inThisThread });
    expect(await differingFromFinished(results)).toEqual([]);
    const threads = await run(await plan(of, temporaryFolder()));
    expect(told(other.events)).toEqual(told(threads.events));
    const { counts, failedCells, incomplete } = threads.outcome;
    expect(counts.done).toBeGreaterThan(10);
    expect(other.outcome).toMatchObject({ counts, failedCells });
    expect(other.outcome.incomplete).toBe(incomplete);
  });

  it('hears all that a step says before how it ended, from worker threads too', async () => {
    const late: string[] = [];
    let heard = 0;
    const listening: OpenExecutor = async (context) => {
      const threads = await openLocalExecutor(context);
      return {
        ...threads,
        start(step, hear) {
          let hasEnded = false;
          const execution = threads.start(step, (message) => {
            heard++;
            if (hasEnded) late.push(`${step.label}: ${message.type}`);
            hear(message);
          });
          void execution.result.then(() => {
            hasEnded = true;
          });
          return execution;
        },
      };
    };
    const { outcome } = await run(await plan(await grid(small), temporaryFolder()), { executor: listening });
    expect(heard).toBeGreaterThanOrEqual(outcome.counts.done);
    expect(late).toEqual([]);
  });

  it('stops steps that run, which are taken up later', async () => {
    const of = await grid(small);
    const results = temporaryFolder();
    const cancel = new AbortController();
    const { outcome } = await run(await plan(of, results), {
      executor: inThisThread,
      cancel: cancel.signal,
      onEvent: (event) => {
        if (event.type === 'step-progress' && event.step.startsWith('retrain:')) cancel.abort();
      },
    });
    expect(outcome).toMatchObject({ incomplete: 'cancelled', failedCells: [], counts: { failed: 0 } });
    expect(outcome.counts.remaining).toBeGreaterThan(0);
    await run(await plan(of, results), { executor: inThisThread });
    expect(await differingFromFinished(results)).toEqual([]);
  });

  it('leaves no claim and closes the executor when that breaks', async () => {
    const results = temporaryFolder();
    let closed = 0;
    const broken: OpenExecutor = () => ({
      capacity: 2,
      start() {
        throw new Error('no such queue');
      },
      close: async () => void closed++,
    });
    await expect(run(await plan(await grid(small), results), { executor: broken })).rejects.toThrow('no such queue');
    expect(closed).toBe(1);
    const files = readdirSync(results, { recursive: true }).map(String);
    expect(files.filter((file) => file.endsWith('.claim'))).toEqual([]);
    expect(files.filter((file) => file.endsWith('events.ndjson'))).toHaveLength(1);
  });
});
