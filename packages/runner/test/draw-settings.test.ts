import { deriveSeed } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import { loadGrid, mostSettings } from '../src/index.js';
import { haltonPoints } from '../src/prepare/halton.js';
import { gridFile, temporaryFolder } from './support/folder.js';
import { grid, header, plan } from './support/run.js';

function firstPoints(count: number, dims: number, seed: number): (readonly number[])[] {
  const points = haltonPoints(dims, deriveSeed(seed, 'method', 'settings'));
  return Array.from({ length: count }, () => points.next().value as readonly number[]);
}

/** Settings of a method by task, as JSON. */
async function settingsOf(text: string, method: string): Promise<Record<string, string[]>> {
  const { cells } = await plan(await grid(text), temporaryFolder());
  const settings: Record<string, string[]> = {};
  for (const cell of cells.filter((one) => one.method === method && one.status !== 'skipped'))
    settings[cell.task] = [...(settings[cell.task] ?? []), JSON.stringify(cell.params)];
  return settings;
}

const generator = `
  - id: g
    kind: generator
    data: { use: digits, train: 20 }
    model: { use: ddpm-mlp, hidden: [8], epochs: 2, batch: 10 }
    target: { use: neg-denoising-loss, timesteps: 2, draws: 1 }
    queries: { heldout: 4, generated: 0 }
`;
const budgeted = (methods: string, more = '') =>
  `${header.replace('truth:', `${generator}truth:`)}methods: [${methods}]\nselect: { budget: 8 }\n${more}`;

describe('scrambled Halton points', () => {
  it.each([2, 3, 5])('fall once into each of the %i² equal parts of the axis of that base', (base) => {
    const axis = [2, 3, 5].indexOf(base);
    for (const seed of [1, 2, 3]) {
      const parts = firstPoints(base ** 2, 3, seed).map((point) => Math.floor(point[axis] * base ** 2));
      expect(parts.sort((a, b) => a - b)).toEqual([...Array(base ** 2).keys()]);
    }
  });

  it('are the same for a seed, others for another, and the first ones do not depend on how many are taken', () => {
    expect(firstPoints(20, 4, 1).slice(0, 5)).toEqual(firstPoints(5, 4, 1));
    expect(firstPoints(5, 4, 2)).not.toEqual(firstPoints(5, 4, 1));
  });
});

describe('select.budget', () => {
  it('gives each method as many settings, its defaults first, whatever else the grid holds', async () => {
    const trak = await settingsOf(budgeted('random, trak'), 'trak');
    for (const settings of [trak.a, trak.g]) {
      expect(new Set(settings).size).toBe(8);
      expect(JSON.parse(settings[0])).toMatchObject({ projDim: 2048, checkpoints: 5, ridge: 1, timesteps: 10 });
      for (const setting of settings) {
        const { projDim, ridge } = JSON.parse(setting);
        expect([128, 512, 2048]).toContain(projDim);
        expect(ridge).toBeGreaterThanOrEqual(0.01);
        expect(ridge).toBeLessThanOrEqual(100);
      }
    }
    // Time steps are those of generators.
    expect(new Set(trak.a.map((setting) => JSON.parse(setting).timesteps))).toEqual(new Set([10]));
    expect(new Set(trak.g.map((setting) => JSON.parse(setting).timesteps)).size).toBeGreaterThan(1);
    expect(await settingsOf(budgeted('grad-dot, trak, tracin'), 'trak')).toEqual(trak);
    expect(await settingsOf(budgeted('trak').replace('seed: 7', 'seed: 8'), 'trak')).not.toEqual(trak);
  });

  it('takes all that a small space has, keeps what the entry gives, and leaves lists of the grid alone', async () => {
    const methods =
      'pixel-similarity, { use: tracin, params: { normalised: true } }, { use: trak, grid: { ridge: [0, 1] } }';
    const text = budgeted(methods);
    expect((await settingsOf(text, 'pixel-similarity')).a).toHaveLength(3);
    const tracin = (await settingsOf(text, 'tracin')).a.map((setting) => JSON.parse(setting));
    expect(tracin.map(({ checkpoints }) => checkpoints).sort((a, b) => a - b)).toEqual([1, 3, 5, 10]);
    expect(tracin.every(({ normalised }) => normalised === true)).toBe(true);
    expect((await settingsOf(text, 'trak')).a.map((setting) => JSON.parse(setting).ridge)).toEqual([0, 1]);
    expect((await grid(text)).methods.map(mostSettings)).toEqual([3, 8, 1, 1]);
  });

  it('passes over settings that a method does not support', async () => {
    const { a, g } = await settingsOf(budgeted('self-loss'), 'self-loss');
    expect(a.map((setting) => JSON.parse(setting).score).sort()).toEqual([
      ...Array(3).fill('loss'),
      ...Array(3).fill('margin'),
    ]);
    expect(g).toHaveLength(8);
    expect(g.every((setting) => JSON.parse(setting).score === 'loss')).toBe(true);
  });

  it('is left out by quick runs', async () => {
    const quick = await loadGrid(gridFile(budgeted('trak')), { quick: true });
    expect(quick.methods.map(mostSettings)).toEqual([1]);
  });
});
