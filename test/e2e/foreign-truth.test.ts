import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { halves, losses, npy, publishedTruth, sizes } from '../fixtures/foreign-truth.js';
import { bench } from './command.js';
import { type GridFolder, gridFolder } from './small-grid.js';

const { subsets, train, queries } = sizes;

const gridOf = (foreign: string, more = 'select: { by: lds, tuneFraction: 0.5 }\n'): string => `schema: bench/grid@1
name: published
seed: 5
tasks:
  - id: made
    kind: foreign
    truth: { foreign: ${foreign} }
methods:
  - use: random
  - use: datamodels
  - use: grad-dot
  - { use: scores, files: [scores.npy], title: Masks of the first }
metrics:
  - use: lds
  - use: loo
${more}report: { resamples: 200 }
`;

interface Row {
  readonly kind: string;
  readonly method: string;
  readonly status: string;
  readonly reason?: string;
  readonly metrics: { readonly lds?: { readonly value: number; readonly low: number; readonly high: number } };
}
interface BoardJson {
  readonly rows: readonly Row[];
  readonly tasks: readonly { readonly foreign: unknown; readonly report: unknown; readonly truth: unknown }[];
}
const boardOf = ({ results }: GridFolder): BoardJson =>
  JSON.parse(readFileSync(join(results, 'boards/published/board.json'), 'utf8'));
const fileOf = ({ results }: GridFolder, name: string) => readFileSync(join(results, 'boards/published', name), 'utf8');
const rowOf = (board: BoardJson, method: string) => board.rows.find((row) => row.method === method);

function withScores(grid: GridFolder): GridFolder {
  const data = Float32Array.from({ length: queries * train }, (_, i) => (i * 7) % 11);
  writeFileSync(join(grid.folder, 'scores.npy'), npy({ descr: '<f4', shape: [queries, train], data }));
  return grid;
}

const run = ({ folder, flags }: GridFolder) => bench(['grid', ...flags, '--progress', 'none'], { cwd: folder });

test('a published truth ranks what needs nothing else, and says why the rest is skipped', async () => {
  const grid = withScores(gridFolder(gridOf('./truth')));
  publishedTruth(join(grid.folder, 'truth'));
  const { code, stdout, stderr } = await run(grid);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const board = boardOf(grid);
  const random = rowOf(board, 'random')?.metrics.lds;
  const fitted = rowOf(board, 'datamodels')?.metrics.lds;
  expect(random && random.low < 0 && random.high > 0).toBe(true);
  expect(fitted && fitted.low > 0 && fitted.value > 0.5).toBe(true);
  expect(rowOf(board, 'scores')).toMatchObject({ status: 'ok' });
  const skipped = 'needs a model, and of this task only the truth is known';
  expect(rowOf(board, 'grad-dot')).toMatchObject({ status: 'skipped', reason: skipped });
  expect(board.tasks[0]).toMatchObject({
    report: { subsets: 12, queries },
    truth: { subsets, points: 6, retrainSeeds: 1 },
    foreign: { title: 'Made truth', licence: 'CC0-1.0', runs: 5, single: false, learned: 12, unmeasured: ['loo'] },
  });
  const why = 'The noise ceiling cannot be known: it takes outputs of two single training runs or more of each subset';
  const oneLine = (text: string) => text.replace(/\s+/g, ' ');
  for (const text of [stdout, fileOf(grid, 'board.md'), fileOf(grid, 'board.csv'), fileOf(grid, 'index.html')])
    expect(oneLine(text)).toContain(why);
  for (const text of [stdout, fileOf(grid, 'board.md'), fileOf(grid, 'index.html')]) {
    expect(oneLine(text)).toContain('licence: CC0-1.0; source: made by a test');
    expect(oneLine(text)).toContain('(negated loss of the query)');
    expect(oneLine(text)).toContain('Not measured: loo');
  }
});

test('what is reported does not reach a method that learns from the other subsets', async () => {
  const kept = halves();
  const outputs = losses(kept, 1);
  const grid = withScores(gridFolder(gridOf('./truth')));
  publishedTruth(join(grid.folder, 'truth'));
  expect((await run(grid)).code).toBe(0);
  const [file] = readdirSync(join(grid.results, 'store/subsets'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.safetensors'),
  );
  const bytes = readFileSync(join(grid.results, 'store/subsets', file));
  const length = Number(bytes.readBigUInt64LE(0));
  const { targets } = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  expect(targets.shape).toEqual([subsets / 2, queries]);
  const [start, end] = targets.data_offsets;
  const shown = new Float64Array(new Uint8Array(bytes.subarray(8 + length + start, 8 + length + end)).buffer);
  const all = new Set(Array.from(outputs, (loss) => -loss));
  expect(shown.every((value) => all.has(value))).toBe(true);
  const plan = await bench(['plan', ...grid.flags, '--json'], { cwd: grid.folder });
  expect(plan.code).toBe(0);
});

test('single runs give a ceiling; subsets of different sizes, left out points and the key of an import serve too', async () => {
  const masks = halves().map((mark) => 1 - mark);
  masks[masks.indexOf(1)] = 0;
  const outputs = Float64Array.from(losses(halves(), 3));
  const grid = withScores(gridFolder(gridOf('PLACE')));
  const folder = publishedTruth(join(grid.folder, 'truth'), {
    masks: { descr: '|u1', shape: [subsets, train], data: masks },
    outputs: { descr: '<f8', shape: [subsets, 3, queries], data: outputs },
    truth: { subsets: { marks: 'left-out', fraction: null }, outputs: { seeds: 3, single: true } },
  });
  const imported = await bench(['truth', 'import', '--foreign', 'truth', '--results', 'results', '--json'], {
    cwd: grid.folder,
  });
  expect(imported).toMatchObject({ code: 0 });
  const { key } = JSON.parse(imported.stdout);
  rmSync(folder, { recursive: true });
  writeFileSync(join(grid.folder, 'grid.yaml'), gridOf(`"${key.slice(0, 16)}"`));
  const { code, stdout } = await run(grid);
  expect(code).toBe(0);
  expect(stdout).toContain('Noise ceiling');
  expect(stdout.replace(/\s+/g, ' ')).toContain('of 6 to 7 of 12 training points, 3 training runs each?');
  expect(rowOf(boardOf(grid), 'ceiling')?.metrics.lds?.value).toBeGreaterThan(0.5);

  const first = await bench(['truth', 'export', ...grid.flags, '--to', 'first'], { cwd: grid.folder });
  expect(first).toMatchObject({ code: 0 });
  const [name] = readdirSync(join(grid.folder, 'first'));
  mkdirSync(join(grid.folder, 'elsewhere'));
  writeFileSync(join(grid.folder, 'again.yaml'), gridOf(`./first/${name}`));
  const second = await bench(
    ['truth', 'export', '--config', 'again.yaml', '--results', 'elsewhere', '--to', 'second'],
    { cwd: grid.folder },
  );
  expect(second).toMatchObject({ code: 0 });
  expect(readdirSync(join(grid.folder, 'second'))).toEqual([name]);
  for (const file of ['truth.json', 'masks.npy', 'outputs.npy']) {
    const [one, two] = ['first', 'second'].map((side) => readFileSync(join(grid.folder, side, name, file)));
    expect(two.equals(one)).toBe(true);
  }
});

test('problems of a foreign task are told with line and column, and a method that learns says what it needs', async () => {
  const grid = withScores(gridFolder(gridOf('./truth')));
  const validate = () => bench(['validate', '--config', 'grid.yaml'], { cwd: grid.folder });
  const missing = await validate();
  expect(missing.code).toBe(2);
  expect(missing.stderr).toMatch(/grid\.yaml:7:23 .*truth\.json was not found/);
  publishedTruth(join(grid.folder, 'truth'));
  expect(await validate()).toMatchObject({ code: 0 });
  const wrong = gridOf('./truth').replace('    kind: foreign\n', '    kind: foreign\n    data: digits\n');
  writeFileSync(join(grid.folder, 'grid.yaml'), wrong);
  expect((await validate()).stderr).toMatch(/grid\.yaml:7:5 "data" is for tasks that are trained here/);
  writeFileSync(join(grid.folder, 'grid.yaml'), gridOf('./truth', ''));
  const unsplit = await run(grid);
  expect(unsplit.stdout.replace(/\s+/g, ' ')).toContain('needs subsets to learn from: set select.tuneFraction');
  writeFileSync(join(grid.folder, 'grid.yaml'), gridOf('"0123456789abcdef"'));
  const strange = await run(grid);
  expect(strange.code).toBe(2);
  expect(strange.stderr).toContain('0123456789abcdef is no published truth of this results folder');
});

test('methods that learn from subsets have their own trained on tasks that are trained here', async () => {
  const grid = gridFolder(`schema: bench/grid@1
name: published
tasks:
  - id: tiny
    data: { use: digits, train: 30, queries: 4 }
    model: { use: logistic, epochs: 2, batch: 16 }
truth: { subsets: 6, retrainSeeds: 1 }
methods: [random, { use: datamodels, params: { retrainings: 12 } }]
metrics: [lds]
report: { resamples: 100 }
`);
  expect((await run(grid)).code).toBe(0);
  expect(rowOf(boardOf(grid), 'datamodels')).toMatchObject({ status: 'ok' });
  const { rows }: { rows: { entry: string; retrainings?: number }[] } = JSON.parse(fileOf(grid, 'board-costs.json'));
  expect(rows.find(({ entry }) => entry === 'datamodels')?.retrainings).toBe(12);
});
