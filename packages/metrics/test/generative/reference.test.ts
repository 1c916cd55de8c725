import type { NdArray } from '@attribution-bench/contract';
import { fitCentredMixture } from '@attribution-bench/numerics';
import { readNpy } from '@attribution-bench/testkit';
import { describe, expect, it } from 'vitest';
import { authenticPercentage } from '../../src/generative/authenticity.js';
import { copyingScore, dataCopyingInCells } from '../../src/generative/data-copying.js';
import { featureLikelihood } from '../../src/generative/feature-likelihood.js';
import { featureLikelihoodPrecision } from '../../src/generative/feature-likelihood-precision.js';
import { type FeatureSets, pick, pointsOf, standardised } from '../../src/generative/feature-sets.js';
import { frechetDistance } from '../../src/generative/frechet-distance.js';
import { kernelDistance, meanDiscrepancy } from '../../src/generative/kernel-distance.js';
import { nearest } from '../../src/generative/nearest.js';
import { precisionRecall } from '../../src/generative/precision-recall.js';

const fixture = (name: string) => readNpy(new URL(`../fixtures/fld/${name}.npy`, import.meta.url));
const features = (name: string) => fixture(name) as NdArray<Float32Array>;
const number = (name: string) => Number(fixture(name).data[0]);
const inOrder = (count: number) => Int32Array.from({ length: count }, (_, i) => i);

function largestDifference(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  expect(ours.length).toBe(theirs.length);
  let worst = 0;
  for (let i = 0; i < ours.length; i++) worst = Math.max(worst, Math.abs(ours[i] - theirs[i]));
  return worst;
}

describe.each(['noisy', 'memorising'])('agreement with marcojira/fld: the %s generator', (generator) => {
  const sets: FeatureSets = {
    train: features('train'),
    test: features('test'),
    generated: features(`gen_${generator}`),
  };
  const points = {
    train: pointsOf('train', sets.train),
    test: pointsOf('test', sets.test),
    generated: pointsOf('generated', sets.generated),
  };
  const of = (name: string) => fixture(`${generator}_${name}`).data;
  const value = (name: string) => number(`${generator}_${name}`);

  it('fitted variances and losses of every epoch', async () => {
    const { train, generated, test } = standardised(points.test, points);
    expect(test.dims).toBe(24);
    const fit = await fitCentredMixture(generated.data, train.data, 24);
    expect(largestDifference(fit.logVariances, of('log_sigmas_f64'))).toBeLessThan(1e-6);
    expect(fit.backgroundLogVariance).toBeCloseTo(value('origin_log_sigma_f64'), 6);
    const published = of('fit_losses');
    if (generator === 'noisy') expect(largestDifference(fit.losses, published)).toBeLessThan(1e-4);
    expect(fit.losses.length).toBe(published.length);
  });

  it('likelihoods, divergences and memorisation', async () => {
    const ours = await featureLikelihood(sets, inOrder);
    const near = (name: string) => Math.max(1e-4, 1e-6 * Math.abs(value(name)));
    expect(largestDifference(ours.logVariances, of('log_sigmas_f64'))).toBeLessThan(1e-6);
    expect(largestDifference(ours.testLosses, of('nll_test_f64'))).toBeLessThan(1e-6);
    expect(largestDifference(ours.trainLosses, of('nll_train_f64'))).toBeLessThan(1e-6);
    expect(largestDifference(ours.memorisation, of('sample_memorization_f64'))).toBeLessThan(1e-6);
    expect(Math.abs((ours.divergence ?? Number.NaN) - value('fld_test_f64'))).toBeLessThan(near('fld_test_f64'));
    expect(Math.abs((ours.trainDivergence ?? Number.NaN) - value('fld_train_f64'))).toBeLessThan(near('fld_train_f64'));
    expect(Math.abs((ours.generalisationGap ?? Number.NaN) - value('fld_gap_f64'))).toBeLessThan(near('fld_gap_f64'));
  });

  it('the same in float32 as published, where that is not rounding noise', async () => {
    const ours = await featureLikelihood(sets, inOrder);
    expect(ours.baseline).toBeCloseTo(fixture('baseline_nll').data[0], 3);
    if (generator === 'noisy') {
      expect(largestDifference(ours.logVariances, of('log_sigmas'))).toBeLessThan(2e-3);
      expect(largestDifference(ours.testLosses, of('nll_test'))).toBeLessThan(1e-3);
      expect(largestDifference(ours.trainLosses, of('nll_train'))).toBeLessThan(1e-3);
      expect(largestDifference(ours.memorisation, of('sample_memorization'))).toBeLessThan(1e-3);
      expect(Math.abs((ours.divergence ?? Number.NaN) - value('fld_test'))).toBeLessThan(1e-2);
      expect(Math.abs((ours.trainDivergence ?? Number.NaN) - value('fld_train'))).toBeLessThan(1e-2);
      expect(Math.abs((ours.generalisationGap ?? Number.NaN) - value('fld_gap'))).toBeLessThan(1e-2);
    } else {
      expect(largestDifference(ours.testLosses, of('nll_test'))).toBeLessThan(1e-2);
      expect(Math.abs((ours.divergence ?? Number.NaN) - value('fld_test'))).toBeLessThan(0.5);
    }
  });

  it('likelihood divergence of precision and quality of each point', async () => {
    const ours = await featureLikelihoodPrecision(sets, inOrder);
    expect(largestDifference(ours.quality, of('sample_quality_f64'))).toBeLessThan(1e-6);
    expect(largestDifference(ours.quality, of('sample_quality'))).toBeLessThan(1e-3);
    expect(Math.abs((ours.divergence ?? Number.NaN) - value('fld_p'))).toBeLessThan(1e-2);
  });

  it.each(['train', 'test'] as const)('Fréchet and kernel distance to the %s points', async (reference) => {
    const frechet = await frechetDistance(sets, reference);
    expect(Math.abs(frechet / value(`fid_${reference}`) - 1)).toBeLessThan(1e-3);
    const rows = (name: string) => fixture(`kid_subsets_${name}ref_${reference}`);
    const drawn = { generated: rows('gen_'), real: rows('') };
    let draws = 0;
    const kernel = await kernelDistance(sets, reference, (_, size) => {
      const { data, shape } = draws % 2 === 0 ? drawn.generated : drawn.real;
      expect(size).toBe(shape[1]);
      const subset = Math.floor(draws++ / 2);
      return data.subarray(subset * size, (subset + 1) * size);
    });
    expect(draws).toBe(200);
    expect(Math.abs(kernel - value(`kid_${reference}`))).toBeLessThan(1e-5);
  });

  it('squared discrepancy of the polynomial kernel', async () => {
    const distance = await meanDiscrepancy(points.generated, pick(points.train, inOrder(200)));
    expect(Math.abs(distance / value('mmd2_poly3_first200_train') - 1)).toBeLessThan(1e-8);
  });

  it('data copying, in all and in the recorded cells', async () => {
    const inCells = (name: string, set: typeof points.train) => ({
      points: set,
      cells: fixture(`cells_${name}`).data as Int32Array,
    });
    const ours = await dataCopyingInCells(
      inCells('train', points.train),
      inCells('test', points.test),
      inCells(generator, points.generated),
    );
    expect(ours.statistic).toBeCloseTo(value('ct'), 9);
    expect(largestDifference(ours.cells.map(Number), of('ct_cells_zu'))).toBeLessThan(1e-9);
    expect(await copyingScore(points.train, points.test, points.generated)).toBeCloseTo(value('zu_global'), 9);
  });

  it('authenticity, precision and recall within one point, nearest training points', async () => {
    const count = points.generated.count;
    const authentic = await authenticPercentage(sets, inOrder);
    expect(Math.abs(authentic - 50 - value('authpct'))).toBeLessThanOrEqual(100 / count);
    const { precision, recall } = await precisionRecall(sets);
    expect(Math.abs(precision - value('precision'))).toBeLessThanOrEqual(1.01 / count);
    expect(Math.abs(recall - value('recall'))).toBeLessThanOrEqual(1.01 / points.train.count);
    const { distances, indices } = await nearest(points.generated, points.train);
    expect(largestDifference(distances, of('nn_sqdist'))).toBeLessThan(1e-4);
    for (const [j, index] of indices.entries()) if (distances[j] > 0) expect(index).toBe(of('nn_index')[j]);
  });
});
