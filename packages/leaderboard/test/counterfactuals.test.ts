import { describe, expect, it } from 'vitest';
import type { BoardInput } from '../src/board-input.js';
import { makeBoard, renderMarkdown, renderPage, renderTerminal } from '../src/index.js';
import { counterfactualWords } from '../src/view/counterfactual-sentences.js';
import { type Simulation, simulatedGrid } from './simulated-grid.js';

const shared: Omit<Simulation, 'methods'> = { seed: 7, train: 60, subsets: 40, queries: 20, retrainSeeds: 2 };
const named = (noises: Readonly<Record<string, number>>): Simulation['methods'] => [
  ...Object.entries(noises).map(([id, noise]) => ({ id, title: id, noise })),
  { id: 'random', title: 'Random', noise: 1e6 },
];

/** Two truths of one model: method `near` is far better under the one, `far` under the other, `same` and `twin` equally good. */
function grid(kept: { readonly retrainSeeds: number }): BoardInput {
  const fresh = simulatedGrid({ ...shared, task: 'a@fresh', methods: named({ near: 1, far: 6, same: 2, twin: 2 }) });
  const same = simulatedGrid({
    ...shared,
    ...kept,
    task: 'a@same',
    methods: named({ near: 6, far: 1, same: 2, twin: 2 }),
  });
  const tasks = [fresh, same].flatMap(({ tasks }) => tasks.map((task) => ({ ...task, key: 'one model' })));
  const [first, second] = tasks;
  if (second.truth === undefined) throw new Error('the simulation has no truth');
  return {
    ...fresh,
    tasks: [first, { ...second, truth: { ...second.truth, seeds: 'same', balanced: true } }],
    cells: [...fresh.cells, ...same.cells],
  };
}

describe('a model with several truths', () => {
  const board = makeBoard(grid({ retrainSeeds: 1 }));
  const [counterfactuals] = board.counterfactuals ?? [];

  const rowOf = (task: string, entry: string) =>
    board.rows.find((row) => row.task === task && row.entry === entry && row.kind === 'method');
  const gain = (task: string, entry: string, other: string) =>
    (rowOf(task, entry)?.metrics.lds.value ?? Number.NaN) - (rowOf(task, other)?.metrics.lds.value ?? Number.NaN);

  it('has its ranks side by side, and the pairs that flip with both differences', () => {
    expect(counterfactuals).toMatchObject({ tasks: ['a@fresh', 'a@same'], metric: 'lds' });
    expect(counterfactuals.flips.map(({ entry, other }) => `${entry} ${other}`)).toEqual(['far near', 'far same']);
    for (const { entry, other, differences } of counterfactuals.flips) {
      expect(differences.map(({ task }) => task)).toEqual(counterfactuals.tasks);
      for (const { task, value, low, high } of differences) {
        expect(low > 0 || high < 0).toBe(true);
        expect(value).toBeCloseTo(gain(task, entry, other), 5);
      }
    }
    const ranks = counterfactuals.rows.map(({ entry, ranks }) => [entry, ranks.map((rank) => rank?.point)]);
    expect(ranks).toHaveLength(4);
    expect(ranks).toContainEqual(['near', [1, 4]]);
    expect(ranks).toContainEqual(['far', [4, 1]]);
  });

  it('calls no pair a flip that shares a tie letter under one of the truths, and counts those that change order by value', () => {
    const names = counterfactuals.rows.map(({ entry }) => entry);
    const changing = names.flatMap((entry, i) =>
      names
        .slice(i + 1)
        .filter((other) => gain('a@fresh', entry, other) * gain('a@same', entry, other) < 0)
        .map((other) => [entry, other]),
    );
    const tied = changing.filter(([entry, other]) =>
      counterfactuals.tasks.some((task) => {
        const letters = rowOf(task, other)?.groups ?? '';
        return [...(rowOf(task, entry)?.groups ?? '')].some((letter) => letters.includes(letter));
      }),
    );
    expect(changing).toHaveLength(5);
    expect(counterfactuals.flips).toHaveLength(2);
    expect(tied).toHaveLength(3);
    expect(counterfactuals.unsettled).toBe(tied.length);
  });

  it('has the ceiling 1 where the seed is kept, of which values are the share', () => {
    const ofKept = board.rows.filter(({ task }) => task === 'a@same');
    expect(ofKept.find(({ kind }) => kind === 'ceiling')?.metrics.lds).toMatchObject({ value: 1, low: 1, high: 1 });
    for (const { kind, metrics } of ofKept)
      if (kind === 'method') expect(metrics.lds.ofCeiling?.value).toBe(metrics.lds.value);
    expect(board.tasks[1].truth).not.toHaveProperty('acrossSeeds');
  });

  it('is told in every format', async () => {
    await expect(renderTerminal(board, undefined, { width: 100, color: false })).toMatchFileSnapshot(
      'golden/counterfactuals.txt',
    );
    const [markdown, page] = [renderMarkdown(board), await renderPage(board)];
    for (const text of [markdown, page]) {
      expect(text).toContain('Across counterfactuals: a');
      expect(text).toContain('2 pairs of methods flip');
    }
  });
});

it('of several kept seeds a board says what a method could reach that does not know them', () => {
  const input = grid({ retrainSeeds: 3 });
  const [, task] = input.tasks;
  if (task.truth === undefined) throw new Error('the simulation has no truth');
  const { seeds: _, ...ofFreshSeeds } = task.truth;
  const fresh = { ...task, truth: ofFreshSeeds };
  const ceilingOf = (tasks: BoardInput['tasks']) =>
    makeBoard({ ...input, tasks }).rows.find(({ kind }) => kind === 'ceiling')?.metrics.lds;
  const board = makeBoard(input);
  const across = board.tasks[1].truth?.acrossSeeds?.lds;
  expect(across?.value).toBe(ceilingOf([fresh])?.value);
  expect(renderMarkdown(board)).toContain(
    `Knowing the mean effect over fresh seeds would reach ${across?.value.toFixed(3)}`,
  );
});

it('tasks of one truth each have no such section', () => {
  const { counterfactuals } = makeBoard(simulatedGrid({ ...shared, methods: named({ near: 1 }) }));
  expect(counterfactuals).toBeUndefined();
});

it.each([
  [{ fraction: 0.5 }, 'halves, fresh seeds'],
  [{ fraction: 0.5, seeds: 'same', retrainSeeds: 1 }, 'halves, the seed kept'],
  [{ fraction: 0.8, stratified: true }, '80 % kept by class, fresh seeds'],
  [
    { fraction: 0.99, balanced: true, seeds: 'same' },
    '99 % kept, every point left out about equally often, 2 seeds kept',
  ],
] as const)('%j is told as %s', (truth, words) => {
  expect(counterfactualWords({ key: 'k', subsets: 8, points: 1, retrainSeeds: 2, ...truth })).toBe(words);
});
