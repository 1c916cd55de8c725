import type { BoardInput } from '@attribution-bench/leaderboard';
import { readTruthPack } from '@attribution-bench/store';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  boardExamples,
  boardInput,
  exportTruth,
  generatedSheets,
  loadGrid,
  type Plan,
  verifyTruth,
} from '../src/index.js';
import { fixture, gridFile, sharedFolder } from './support/folder.js';
import { artifacts, filesOf, plan, type Ran, rowsOf, run } from './support/run.js';

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

describe('a generator with generated queries', () => {
  const folder = sharedFolder();
  const results = sharedFolder();
  let planned: Plan;
  let ran: Ran;
  let board: BoardInput;

  beforeAll(async () => {
    planned = await plan(await loadGrid(gridFile(text, folder)), results);
    ran = await run(planned);
    board = await boardInput(await plan(planned.grid, results), ran.outcome);
  });

  it('is explained by methods that need no classes', () => {
    expect(planned.cells.map(({ status, reason }) => reason ?? status)).toEqual([
      'missing',
      'missing',
      'needs a classifier',
    ]);
    expect(ran.outcome.failedCells).toEqual([]);
    expect(board.cells.map(({ status }) => status)).toEqual(['ok', 'ok', 'skipped']);
  });

  it('comes with its truth and its diagnostics to the board', () => {
    const [{ info, truth, diagnostics }] = board.tasks;
    expect(info).toMatchObject({ kind: 'generator', queries: 9, generated: 4 });
    expect(truth?.queries).toBe(9);
    expect(diagnostics?.map(({ id }) => id)).toContain('fid-test');
  });

  it('is retrained once for both counterfactual metrics', () => {
    for (const { metrics } of board.cells.slice(0, 2))
      for (const id of ['counterfactual', 'counterfactual-cosine']) {
        const { perSampledQuery, repeats } = metrics[id].report;
        expect(perSampledQuery).toHaveLength(3);
        expect([repeats?.retrainings.length, repeats?.removals.length]).toEqual([6, 6]);
      }
    const stored = [...artifacts(results).keys()].filter((name) => name.startsWith('retrain'));
    const forTruth = filesOf(planned, 'retrain').length;
    // For each seed: all points and random removals once, the removals of each method once; none for the second metric.
    expect(stored.length - forTruth).toBe(2 * (2 + 2));
  });

  it('shows its generated queries, the most memorised first', async () => {
    const [{ generated = [], pictures }] = await boardExamples(planned, rowsOf(planned));
    expect(generated.map(({ source }) => source).sort()).toEqual([0, 1, 2, 3].map((i) => `generated/${i}`));
    expect(generated.map(({ memorisation }) => -memorisation)).toEqual(
      generated.map(({ memorisation }) => -memorisation).sort((a, b) => a - b),
    );
    for (const example of generated) expect(pictures[example.pictures?.own ?? -1]).toMatch(/^data:image\/png/);
  });

  it('has a sheet of all generated queries', async () => {
    const [sheet] = await generatedSheets(planned);
    expect(sheet.task).toBe('images');
    const header = new DataView(sheet.png.buffer, sheet.png.byteOffset + 16);
    expect([header.getUint32(0), header.getUint32(4)]).toEqual([4 * 33, 33]);
  });

  it('has a truth that can be exported and verified', async () => {
    const [pack] = await exportTruth(planned);
    expect((await readTruthPack(pack.file)).queryIds.slice(-3)).toEqual(['generated/1', 'generated/2', 'generated/3']);
    const [verified] = await verifyTruth(planned, { rows: 1, jobs: 1 });
    expect(verified.rows.map(({ identical }) => identical)).toEqual([true]);
  });
});
