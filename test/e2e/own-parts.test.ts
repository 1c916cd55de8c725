import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { bench } from './command.js';
import { boardBytes, gridFolder } from './small-grid.js';

const metric = `import { defineMetric, num } from '@attribution-bench/contract';

export default defineMetric({
  id: 'positive-share',
  title: 'Share of positive scores',
  description: 'How many of the scores of a query are above a threshold.',
  unit: '%',
  higherIsBetter: true,
  revision: 1,
  needs: [],
  params: { above: num({ default: 0, help: 'threshold' }) },
  question: ({ above }, { train }) => \`how many scores of \${train} training points are above \${above}\`,
  evaluate({ scores, scoreShape, task }, { above }, split) {
    const perQuery = Float64Array.from(split.queries, (query) => {
      const start = scoreShape === 'pairwise' ? query * task.train : 0;
      const row: Float32Array = scores.subarray(start, start + task.train);
      return (100 * row.filter((score) => score > above).length) / task.train;
    });
    return { kind: 'mean', value: perQuery.reduce((sum, each) => sum + each, 0) / perQuery.length, perQuery };
  },
});
`;

const dataset = `import { defineDataset, pointParams } from '@attribution-bench/tasks';

export default defineDataset({
  id: 'two-stripes',
  title: 'Two stripes',
  licence: 'CC0',
  home: 'none',
  params: pointParams({ train: 40, queries: 6 }),
  async load() {
    const labels = Int32Array.from({ length: 60 }, (_, row) => row % 2);
    const values = Float32Array.from({ length: 120 }, (_, at) => (at % 2 === 0 ? labels[at >> 1] : (at % 7) / 7));
    return { inputShape: [2], classNames: ['left', 'right'], pixels: false, train: { name: 'stripe', values, scale: 1, labels } };
  },
});
`;

const target = `import { defineTarget } from '@attribution-bench/tasks';

export default defineTarget({
  id: 'label-logit',
  title: 'Logit of the label',
  kind: 'classifier',
  params: {},
  output: (logits, labels) => logits.mul(labels).sum(-1),
});
`;

const grid = `schema: bench/grid@1
name: small
seed: 3
tasks:
  - id: tiny
    data: { use: ./stripes.ts }
    model: { use: logistic, epochs: 4 }
    target: ./logit.ts
truth: { subsets: 32, fraction: 0.5, retrainSeeds: 2 }
methods: [{ use: random }, { use: grad-dot }]
metrics: [{ use: ./share.ts, params: { above: 0 } }, { use: lds }]
report: { resamples: 100 }
`;

/** A folder of a user's with nothing installed in it, and a grid that names its files. */
function ownFolder(files: Readonly<Record<string, string>>) {
  const folder = gridFolder(grid);
  const all = { 'share.ts': metric, 'stripes.ts': dataset, 'logit.ts': target, ...files };
  for (const [name, source] of Object.entries(all)) writeFileSync(join(folder.folder, name), source);
  return folder;
}

const run = ({ flags, folder }: ReturnType<typeof ownFolder>) => bench(['grid', ...flags], { cwd: folder });

test('a metric, a dataset and a target in one TypeScript file each end on a board', async () => {
  const folder = ownFolder({});
  const { code, stdout, stderr } = await run(folder);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Share of positive scores: how many scores of 40 training points are above 0?');
  const board = JSON.parse(boardBytes(folder));
  expect(board.metrics[0]).toEqual({
    id: 'positive-share',
    title: 'Share of positive scores',
    description: 'How many of the scores of a query are above a threshold.',
    unit: '%',
    higherIsBetter: true,
    params: { above: 0 },
  });
  expect(board.tasks[0]).toMatchObject({
    target: 'label-logit',
    train: 40,
    queries: 6,
    classes: 2,
    rankedBy: 'positive-share',
  });
  const row = board.rows.find((each: { method: string }) => each.method === 'grad-dot');
  expect(row.metrics['positive-share'].value).toBeGreaterThan(0);
  expect(row.metrics['positive-share'].value).toBeLessThanOrEqual(100);
  expect(row.metrics.lds.value).toBeGreaterThan(0);
  const first = boardBytes(folder);
  await run(folder);
  expect(boardBytes(folder)).toBe(first);
}, 180_000);

const method = `import { defineMethod, num } from '@attribution-bench/contract';

interface Weights {
  readonly first: number;
}

export default defineMethod({
  id: 'first-points',
  title: 'First points',
  family: 'own',
  origin: 'original',
  cite: 'nobody',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier'],
  needs: [],
  params: { first: num({ default: 1, help: 'score of the first point' }) },
  async score({ task }, { first }: Weights) {
    return Float32Array.from({ length: task.train }, (_, point) => first / (point + 1)) as Float32Array;
  },
});
`;

test('a metric, a dataset and a target of installed packages, and a method in a TypeScript file, end on a board', async () => {
  const folder = gridFolder(
    grid
      .replace('./stripes.ts', '"@me/stripes"')
      .replace('./logit.ts', 'label-logit')
      .replace('./share.ts', '"@me/share"')
      .replace('{ use: grad-dot }', '{ use: ./first.ts, params: { first: 2 } }'),
  );
  writeFileSync(join(folder.folder, 'first.ts'), method);
  const modules = join(folder.folder, 'node_modules');
  const packages = {
    '@me/share': metric.replace('row: Float32Array', 'row'),
    '@me/stripes': dataset,
    'label-logit': target,
  };
  for (const [name, source] of Object.entries(packages)) {
    const own = join(modules, name);
    mkdirSync(own, { recursive: true });
    const manifest = { name, version: '1.0.0', type: 'module', exports: './part.js' };
    writeFileSync(join(own, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(own, 'part.js'), source);
  }
  mkdirSync(join(modules, '@attribution-bench'));
  for (const name of ['contract', 'tasks'])
    symlinkSync(resolve('packages', name), join(modules, '@attribution-bench', name), 'junction');
  const { code, stderr } = await run(folder);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const board = JSON.parse(boardBytes(folder));
  expect(board.tasks[0]).toMatchObject({ target: 'label-logit', train: 40, queries: 6, rankedBy: 'positive-share' });
  const row = board.rows.find((each: { method: string }) => each.method === 'first-points');
  expect(row.metrics['positive-share'].value).toBe(100);
  expect(row.params).toEqual({ first: 2 });
}, 180_000);

test('a metric whose question throws is found when the grid is planned', async () => {
  const folder = ownFolder({
    'share.ts': metric.replace('`how many', '(() => { throw new Error("no words"); })() + `how many'),
  });
  const { code, stderr } = await bench(['plan', ...folder.flags], { cwd: folder.folder });
  expect(stderr).toMatch(/metric ".\/share\.ts" question\(\): no words, return a sentence without its question mark/);
  expect(code).not.toBe(0);
});

test('parts that cannot be loaded are all told at once, each at its place in one line', async () => {
  const metrics = {
    'lacking.ts': 'export const a = 1;',
    'throwing.ts': 'throw new Error("at its top");',
    'newer.ts': metric.replace('defineMetric({', '({ contract: 99,'),
  };
  const { folder } = ownFolder({
    ...metrics,
    'stripes.ts': 'export const a = 1;',
    'outcome.ts': target.replace('output:', 'outcome:'),
    'no-target.ts': 'throw new Error("no target");',
    'grid.yaml': grid
      .replace('target: ./logit.ts', 'target: ./outcome.ts')
      .replace('truth:', '  - { id: other, extends: tiny, data: digits, target: ./no-target.ts }\ntruth:')
      .replace(/metrics:.*/, `metrics: [./${Object.keys(metrics).join(', ./')}, lds]`),
  });
  const { code, stderr } = await bench(['grid', '--config', 'grid.yaml', '--results', 'results'], { cwd: folder });
  for (const line of [
    /^error: grid\.yaml:6:18 ".*stripes\.ts" is not a dataset: it lacks a default export/m,
    /^error: grid\.yaml:8:13 ".*outcome\.ts" is not a target: it lacks output/m,
    /^error: grid\.yaml:9:\d+ target ".*no-target\.ts" cannot be loaded: no target/m,
    /^error: grid\.yaml:12:11 "\.\/lacking\.ts" is not a metric: it lacks a default export/m,
    /^error: grid\.yaml:12:25 metric "\.\/throwing\.ts" cannot be loaded: at its top/m,
    /^error: grid\.yaml:12:40 metric "\.\/newer\.ts" is written for version 99 of the contract/m,
  ])
    expect(stderr).toMatch(line);
  expect(stderr.match(/^.+$/gm)).toHaveLength(6);
  expect(code).toBe(2);
}, 120_000);

test('a metric that goes wrong as it measures fails that cell with one line, whatever way', async () => {
  const ways: Readonly<Record<string, RegExp>> = {
    throws: /metric: no idea/,
    'is-nan': /metric: metric "positive-share" has NaN as number 0 of perQuery/,
    'is-another-kind': /returned the kind "median", expected correlation, detection or mean/,
  };
  // The first score says how the metric goes wrong.
  const folder = ownFolder({
    'first.ts': method,
    'share.ts': metric
      .replace('const perQuery', 'if (scores[0] === 1) throw new Error("no idea");\n    const perQuery')
      .replace('perQuery };', 'perQuery: scores[0] === 2 ? perQuery.fill(Number.NaN) : perQuery };')
      .replace("kind: 'mean'", "kind: (scores[0] === 3 ? 'median' : 'mean') as 'mean'"),
    'grid.yaml': grid
      .replace('./stripes.ts', 'digits, train: 40, queries: 6')
      .replace('./logit.ts', 'margin')
      .replace(/methods:.*/, 'methods: [{ use: random }, { use: ./first.ts, grid: { first: [1, 2, 3] } }]')
      .replace(', { use: lds }', ''),
  });
  const { code, stderr } = await run(folder);
  const failed = [...stderr.matchAll(/^failed: tiny\/first-points first=(\d): (.*)$/gm)];
  expect(Object.fromEntries(failed.map(([, first, reason]) => [Object.keys(ways)[Number(first) - 1], reason]))).toEqual(
    Object.fromEntries(Object.entries(ways).map(([way, reason]) => [way, expect.stringMatching(reason)])),
  );
  expect(stderr).not.toMatch(/^failed: tiny\/random/m);
  expect(code).toBe(1);
}, 120_000);

test('a dataset that throws stops the grid with one line', async () => {
  const { code, stderr } = await run(
    ownFolder({ 'stripes.ts': dataset.replace('const labels', 'throw new Error("no disk");\n    const labels') }),
  );
  expect(stderr).toMatch(/error: data of task "tiny" no disk/);
  expect(code).not.toBe(0);
}, 120_000);
