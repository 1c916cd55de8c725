import {
  expectReference,
  expectReferenceScores,
  neverCancelled,
  paramsOf,
  runMethod,
  torchRows,
} from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import { layers, read, referenceMlp } from '../../../../test/fixtures/influence-mlp/reference-mlp.js';
import influence from '../../src/influence.js';
import type { InfluenceParams } from '../../src/params.js';
import { approximateEigenpairs } from '../../src/solvers/arnoldi.js';

const setting = await referenceMlp();
const { selfInfluence: _, ...scoresOnly } = influence;

test.each([
  ['d60_damp0.01_scale50', { depth: 60, damping: 0.5, scale: 50 }],
  ['d5_damp0_scale25', { depth: 5, damping: 0, scale: 25 }],
])('LiSSA over all points has the scores of dattri: %s', async (name, params) => {
  const { scores } = await runMethod(scoresOnly, setting, { params: { solver: 'lissa', batch: 200, ...params } });
  expectReferenceScores(scores, read(`scores_lissa_full_${name}`), 1e-5);
});

test('LiSSA says when its series grows without bound', async () => {
  await expect(runMethod(scoresOnly, setting, { params: { solver: 'lissa', scale: 0.5 } })).rejects.toMatchObject({
    code: 'NUMERICS_NO_CONVERGENCE',
  });
});

test.each([0.15, 0.5])('DataInf with damping %s has the scores of dattri', async (damping) => {
  const { scores } = await runMethod(scoresOnly, setting, { params: { solver: 'datainf', damping } });
  expectReferenceScores(scores, read(`scores_datainf_reg${damping}`), 1e-5);
});

test('Arnoldi from the start vector of dattri has its eigenvalues and scores', async () => {
  const given = { solver: 'arnoldi', damping: 0.15, rank: 20, krylov: 39 };
  const params = paramsOf(influence, given) as InfluenceParams;
  const models = await setting.models({ checkpoints: 1, trajectory: 1 });
  const ctx = setting.task.context({ ...models, scope: [1, 2, 3, 4], cancel: neverCancelled, progress() {}, log() {} });
  const system = { ctx, params, checkpoint: ctx.checkpoints[0], index: 0, curvature: 'hessian' } as const;
  const { shape, data } = read('arnoldi_start_vector');
  const start = Float64Array.from(torchRows({ shape: [shape[0], 1], data }, layers).data);
  const pairs = await approximateEigenpairs(system, start, () => {});
  const top = Array.from(pairs.values, (value) => value + 0.15).sort((a, b) => Math.abs(b) - Math.abs(a));
  expectReference(
    top.slice(0, 20),
    [...read('arnoldi_eigvals').data].sort((a, b) => Math.abs(b) - Math.abs(a)),
    1e-4,
  );
  const state = { 'values@0': pairs.values, 'vectors@0': pairs.vectors };
  const { scores } = await runMethod(scoresOnly, setting, { params: given, state });
  expectReferenceScores(scores, read('scores_arnoldi_k20_iter40_reg0.15_seed7'), 1e-2);
});
