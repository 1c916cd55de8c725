import { expect, it } from 'vitest';
import { boardInput, type Plan } from '../src/index.js';
import { subsetModelsStep } from '../src/steps/kinds/subset-models.js';
import { temporaryFolder } from './support/folder.js';
import { grid, gridOf, plan, run } from './support/run.js';

const method = (retrainings: number) => `{ use: empirical-influence, params: { retrainings: ${retrainings} } }`;
const modelSteps = ({ steps }: Plan) => steps.filter((step) => subsetModelsStep.jobOf(step));
const planned = async (results: string, ...methods: readonly string[]) =>
  plan(await grid(gridOf(...methods)), results, { scope: 'scores' });

it('trains the subsets of methods once for all that ask for them, to the same bytes whoever asked first', async () => {
  const results = temporaryFolder();
  const few = await planned(results, method(20));
  expect(modelSteps(few).flatMap(({ outputs }) => outputs).length).toBe(20);
  expect((await run(few)).outcome.failedCells).toEqual([]);

  const both = await planned(results, method(20), method(40));
  expect(both.cells.map(({ retrainings }) => retrainings)).toEqual([20, 40]);
  expect(modelSteps(both).flatMap(({ outputs }) => outputs).length).toBe(40);
  // The first sixteen are a whole stack, which is stored; the next four are trained again in the stack that they now share.
  expect(modelSteps(both).map(({ needed }) => needed)).toEqual([false, true, true]);
  expect((await run(both, { jobs: 2 })).outcome.failedCells).toEqual([]);
  const { cells } = await boardInput(both);
  expect(cells.map(({ cost }) => cost?.retrainings)).toEqual([20, 40]);

  const alone = temporaryFolder();
  const one = await planned(alone, method(40));
  await run(one);
  const [first] = (await boardInput(one)).cells;
  expect(first.scoresDigest).toBe(cells[1].scoresDigest);
});
