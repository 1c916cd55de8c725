import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bench, temporaryFolder } from './command.js';

const cwd = temporaryFolder();
writeFileSync(
  join(cwd, 'grid.yaml'),
  `schema: bench/grid@1
name: shown
seed: 3
tasks:
  - id: small
    data: { use: digits, train: 60, queries: 8, flipLabels: 0.1 }
    model: { use: logistic, epochs: 5, batch: 20, lr: 0.1 }
truth: { subsets: 64 }
methods:
  - use: grad-dot
  - use: complexity-gap
seeds: [0]
metrics:
  - use: lds
report: { primary: lds }
`,
);
const show = (...args: string[]) => bench(['show', ...args, '--config', 'grid.yaml', '--progress', 'none'], { cwd });

interface Point {
  readonly side: string;
  readonly index: number;
  readonly score: number;
}

interface Shown {
  readonly point: { readonly side: string; readonly index: number; readonly source: string };
  readonly cells: readonly {
    readonly cell: string;
    readonly largest: readonly Point[];
    readonly smallest: readonly Point[];
    readonly global?: { readonly place: number };
  }[];
}

async function shown(point: string, top: number): Promise<Shown> {
  const { code, stdout, stderr } = await show(`small/${point}`, '--top', String(top), '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Shown;
}

test('a query and a training point tell of the same scores, computed without metrics or truth', async () => {
  const { point, cells } = await shown('train:7', 8);
  expect(point).toMatchObject({ side: 'train', index: 7 });
  const [dot, gap] = cells;
  expect(dot.largest.map(({ side }) => side)).toEqual(Array(8).fill('query'));
  for (const query of [0, 5]) {
    const { cells: own } = await shown(`query:${query}`, 60);
    const scores = own[0].largest.map(({ score }) => score);
    expect(scores).toHaveLength(60);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(own[0].smallest[0].score).toBe(scores[59]);
    const of = (points: readonly Point[], index: number) => points.find((other) => other.index === index)?.score;
    expect(of(dot.largest, query)).toBe(of(own[0].largest, 7));
    expect(gap.global?.place).toBe(1 + own[1].largest.findIndex(({ index }) => index === 7));
  }
  expect((await shown(point.source, 8)).point).toEqual(point);
  expect(readdirSync(join(cwd, 'results/store'))).toEqual(expect.arrayContaining(['score', 'train']));
  expect(readdirSync(join(cwd, 'results/store'))).not.toEqual(expect.arrayContaining(['retrain']));
}, 180_000);

test('it prints for people and writes a page with images', async () => {
  const { stdout } = await show('small/query:0', '--top', '2');
  expect(stdout).toContain('small: query query:0, ');
  expect(stdout).toContain('Grad-Dot  (small/grad-dot)');
  const { stderr } = await show('small/query:0', '--html', 'point.html');
  expect(stderr).toContain('page written to');
  expect(readFileSync(join(cwd, 'point.html'), 'utf8').match(/<img src="data:image\/png/g)).toHaveLength(1 + 2 * 2 * 5);
}, 120_000);

test.each([
  ['small', '"small" names no point, expected a task and a point'],
  ['smal/query:0', 'has no task "smal", did you mean "small"?'],
  ['small/query:8', 'no point "query:8", name it query:0 to query:7'],
])('%s is refused', async (name, message) => {
  const { code, stderr } = await show(name);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});
