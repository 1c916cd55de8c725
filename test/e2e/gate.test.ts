import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { bench, type Ending, workspace } from './command.js';
import { type GridFolder, gridFolder } from './small-grid.js';

const yaml = (seeds: string) => `schema: bench/grid@1
name: gated
seed: 5
tasks:
  - id: digits
    data: { use: digits, train: 200, queries: 60 }
    model: { use: logistic, epochs: 20, batch: 50, lr: 0.1, weightDecay: 0.01 }
    target: margin
truth: { subsets: 128, fraction: 0.5, retrainSeeds: 2 }
methods:
  - use: random
  - use: grad-dot
  - use: ./guarded.mjs
    params: { projDim: 128, checkpoints: 3 }
seeds: ${seeds}
metrics:
  - use: lds
report: { resamples: 500 }
check: { baseline: BASELINE, tolerance: 0.02 }
`;

/** TRAK as it is, or with a defect in what it hands on. */
const guarded = (defect: string) => `
import trak from '${pathToFileURL(join(workspace, 'packages/method-trak/dist/trak.js')).href}';

const changed = (ctx, change) => Object.create(ctx, Object.fromEntries(
  Object.entries(change).map(([name, value]) => [name, { value, enumerable: true }])));
const defects = {
  none: (scores) => scores,
  'the wrong sign': (scores) => scores.map((score) => -score),
  'noise in a fifth of the scores': (scores, ctx) => {
    const rng = ctx.rng('defect');
    const spread = Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0) / scores.length);
    return scores.map((score) => (rng.uniform() < 0.2 ? 3 * spread * rng.normal() : score));
  },
  'queries with the projection of another checkpoint': (scores) => scores,
};
const shifted = (ctx) => changed(ctx, {
  gradients: (request) => ctx.gradients(request.of === 'train' ? request : {
    ...request,
    projection: { ...request.projection, seed: ctx.seed(\`projection \${(request.checkpoint.run + 1) % ctx.checkpoints.length}\`) } }),
});
const defect = ${JSON.stringify(defect)};
export default {
  ...trak,
  id: 'guarded',
  title: 'Guarded TRAK',
  queries: (ctx, params) => trak.queries(defect.startsWith('queries') ? shifted(ctx) : ctx, params),
  score: async (ctx, params, state, queries) => defects[defect](await trak.score(ctx, params, state, queries), ctx),
};
`;

let folder: GridFolder;
const write = (defect: string, seeds = '[0, 1]') => {
  writeFileSync(join(folder.folder, 'guarded.mjs'), guarded(defect));
  writeFileSync(
    join(folder.folder, 'grid.yaml'),
    yaml(seeds).replace('BASELINE', join(folder.folder, 'baseline.json')),
  );
};
const run = (verb: string, ...more: string[]): Promise<Ending> =>
  bench([verb, ...folder.flags, ...more], { cwd: folder.folder });
const rows = () =>
  (
    JSON.parse(readFileSync(join(folder.results, 'boards/gated/check.json'), 'utf8')) as {
      rows: { entry: string; verdict: string }[];
    }
  ).rows;

describe('the gate', () => {
  beforeAll(async () => {
    folder = gridFolder();
    write('none');
    const missing = await run('check');
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain('nothing to compare with, make it with: bench accept');
    const accepted = await run('accept', '--reason', 'first numbers');
    expect(accepted).toMatchObject({ code: 0 });
    expect(accepted.stdout).toContain('3 rows accepted: first numbers');
  });

  test('passes unchanged code', async () => {
    write('none');
    const { code, stdout } = await run('check');
    expect(code, stdout).toBe(0);
    expect(rows().map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'ok']);
  });

  test('passes code that only draws other random numbers', async () => {
    write('none', '[2, 3]');
    const { code, stdout } = await run('check');
    expect(code, stdout).toBe(0);
  });

  test.each(['the wrong sign', 'noise in a fifth of the scores', 'queries with the projection of another checkpoint'])(
    'fails on %s and names the row',
    async (defect) => {
      write(defect);
      const { code, stdout } = await run('check');
      expect(code, stdout).toBe(3);
      expect(rows().filter(({ verdict }) => verdict !== 'ok')).toMatchObject([
        { entry: 'guarded', verdict: 'regressed' },
      ]);
      expect(readFileSync(join(folder.results, 'boards/gated/check.md'), 'utf8')).toContain('guarded');
      expect(readFileSync(join(folder.results, 'boards/gated/check.xml'), 'utf8')).toContain('<failure');
    },
  );
});
