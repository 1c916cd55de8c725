import { describeMethod, runMethod, type Setting, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import gmvaluator from '../src/gmvaluator.js';

describeMethod(gmvaluator, { params: { contributors: 8 } });
describeMethod(gmvaluator, {
  params: {
    contributors: 8,
    candidates: 30,
    recall: 'penultimate',
    recallComponents: 3,
    rerank: 'penultimate',
    distance: 'cosine',
    quality: 'realism',
  },
});

describe('on digits', () => {
  let setting: Setting;
  const [train, queries] = [300, 20];
  const sums = (scores: Float32Array, by: 'query' | 'point') => {
    const out = new Float64Array(by === 'query' ? queries : train);
    for (const [i, score] of scores.entries()) out[by === 'query' ? Math.floor(i / train) : i % train] += score;
    return out;
  };
  beforeAll(async () => {
    const data = { use: 'digits', train, queries };
    setting = await trainedSetting(taskSpec({ id: 'digits', data, model: { use: 'logistic', epochs: 1 } }, 3));
  });

  it('finds contributors of the class of the query', async () => {
    const { scores } = await runMethod(gmvaluator, setting, { params: { contributors: 10 } });
    const { labels, queryLabels } = setting.data;
    const share = [...scores].reduce(
      (sum, score, i) => sum + (labels[i % train] === queryLabels[Math.floor(i / train)] ? score : 0),
      0,
    );
    expect(share / queries).toBeGreaterThan(0.75);
    for (const sum of sums(scores, 'query')) expect(sum).toBeCloseTo(1, 5);
    expect([...scores].filter((score) => score > 0).length).toBeLessThanOrEqual(queries * 11);
  });

  it('shares out the realism of a query', async () => {
    const { scores } = await runMethod(gmvaluator, setting, { params: { contributors: 10, quality: 'realism' } });
    const qualities = sums(scores, 'query');
    expect(Math.min(...qualities)).toBeGreaterThan(0.3);
    expect(Math.max(...qualities)).toBeLessThan(1 + 1e-5);
    expect(Math.min(...qualities)).toBeLessThan(0.99);
  });

  it('gives every query the values summed over queries when asked for global ones', async () => {
    const each = await runMethod(gmvaluator, setting, { params: { contributors: 10 } });
    const global = await runMethod(gmvaluator, setting, { params: { contributors: 10, valuation: 'global' } });
    const totals = sums(each.scores, 'point');
    for (const [i, score] of global.scores.entries()) expect(score).toBeCloseTo(totals[i % train], 5);
  });

  it('refuses fewer candidates than contributors', async () => {
    await expect(runMethod(gmvaluator, setting, { params: { contributors: 60, candidates: 50 } })).rejects.toThrow(
      'candidates is 50, fewer than the 60 contributors',
    );
  });
});
