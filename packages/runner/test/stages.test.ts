import { describe, expect, it } from 'vitest';
import { boardInput, type Plan } from '../src/index.js';
import { temporaryFolder } from './support/folder.js';
import { grid, header, plan, run, using } from './support/run.js';

const staged = (settings: string) => grid(`${header}methods: [${using('staged', settings)}]\n`);
const count = ({ steps }: Plan, kind: string): number => steps.filter((step) => step.kind === kind).length;

describe('stages of a method', () => {
  it('are computed once for the settings that agree in what they read, and shown as shared', async () => {
    const results = temporaryFolder();
    const of = await staged('grid: { size: [1, 2], breadth: [1, 2], ridge: [0, 1, 2] }');
    const planned = await plan(of, results);
    expect(['fit', 'queries', 'score'].map((kind) => count(planned, kind))).toEqual([2, 2, 12]);
    const { outcome, events } = await run(planned);
    expect(outcome.counts).toMatchObject({ failed: 0, remaining: 0 });
    const labels = events.flatMap((event) => (event.type === 'step-finished' ? [event.label] : []));
    expect(labels.filter((label) => label.startsWith('fit '))).toEqual(['fit a/staged size=1', 'fit a/staged size=2']);
    const { cells } = await boardInput(planned);
    const fits = cells.flatMap(({ cost }) => (cost && 'stages' in cost ? [cost.stages?.[0].step] : []));
    expect(fits).toHaveLength(12);
    expect(new Set(fits).size).toBe(2);
    const digests = new Set(cells.map(({ scoresDigest }) => scoresDigest));
    expect(digests.size).toBeGreaterThan(6);
    const again = await plan(await staged('grid: { size: [1, 2], breadth: [1, 2], ridge: [0, 1, 2, 3] }'), results);
    expect(new Set(again.steps.filter(({ needed }) => needed).map(({ kind }) => kind))).toEqual(
      new Set(['score', 'metric']),
    );
    const forced = await plan(of, results, { force: ['a/staged'] });
    expect(forced.steps.filter(({ kind, needed }) => kind === 'fit' && needed)).toHaveLength(2);
  });

  it('are shared by rows of one method, each with its own id and title, for the tasks that it names', async () => {
    const second = using('staged', 'as: narrow, tasks: [a], params: { size: 1, ridge: 5 }');
    const titled = using('staged', 'as: wide, title: Wide, tasks: [a], params: { size: 2, ridge: 5 }');
    const planned = await plan(
      await grid(`${header}methods: [${using('staged', 'params: { size: 1 }')}, ${second}, ${titled}]\n`),
      temporaryFolder(),
    );
    expect(['fit', 'score'].map((kind) => count(planned, kind))).toEqual([2, 3]);
    expect(planned.cells.map(({ id }) => id)).toEqual(['a/staged', 'a/narrow', 'a/wide']);
    await run(planned);
    const { methods, cells } = await boardInput(planned);
    expect(methods.map(({ id, title }) => [id, title])).toEqual([
      ['staged', 'Staged'],
      ['narrow', 'Staged (narrow)'],
      ['wide', 'Wide'],
    ]);
    expect(new Set(cells.map(({ scoresDigest }) => scoresDigest)).size).toBe(3);
  });

  it.each([
    ['fit', 1],
    ['queries', 2],
    ['fit', 3],
  ])('fail in %s when they read a parameter that they do not declare', async (stage, strays) => {
    const { outcome } = await run(await plan(await staged(`params: { strays: ${strays} }`), temporaryFolder()));
    expect(outcome.failedCells).toEqual([
      {
        cell: 'a/staged',
        reason: expect.stringContaining(
          `${stage}: ${stage} of method "staged" reads the parameter "${strays === 3 ? 'breadth' : 'ridge'}" and does not declare that, add `,
        ),
      },
    ]);
  });
});
