import { join } from 'node:path';
import { deriveSeed } from '@attribution-bench/contract';
import { openStore } from '@attribution-bench/store';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readArtifact } from '../src/artifacts/codec.js';
import { pointMarks } from '../src/artifacts/dataset.js';
import { metricArtifact } from '../src/artifacts/metric-values.js';
import { truthArtifact } from '../src/artifacts/truth.js';
import { checkSubsets } from '../src/plan/check-subsets.js';
import { groupChoices, groupedSize, groupSubsets, pointsByGroup } from '../src/steps/group-subsets.js';
import { metricStep } from '../src/steps/kinds/metric.js';
import { truthStep } from '../src/steps/kinds/truth.js';
import { temporaryFolder } from './support/folder.js';
import { grid, header, plan, run } from './support/run.js';

const seed = (subset: number) => deriveSeed(1, 'key', 'truth-subset', subset);

test('subsets have whole groups in or out, and the size nearest to their share that whole groups come to', () => {
  const group = fc.integer({ min: -1, max: 4 });
  fc.assert(
    fc.property(
      fc.array(group, { minLength: 4, maxLength: 14 }),
      fc.double({ min: 0.2, max: 0.8, noNaN: true }),
      (numbers, fraction) => {
        const groups = Int32Array.from(numbers);
        const units = pointsByGroup(groups);
        const sizes = units.map(({ length }) => length);
        // Every choice of groups, by brute force.
        const sums = Array.from({ length: 2 ** units.length }, (_, bits) =>
          sizes.reduce((sum, size, at) => sum + ((bits >> at) & 1) * size, 0),
        );
        const wanted = Math.round(fraction * groups.length);
        const possible = sums.filter((sum) => sum > 0 && sum < groups.length);
        fc.pre(possible.length > 0);
        const size = groupedSize(sizes, { fraction });
        expect(Math.abs(size - wanted)).toBe(Math.min(...possible.map((sum) => Math.abs(sum - wanted))));
        expect(groupChoices(sizes, size, 1e6)).toBe(sums.filter((sum) => sum === size).length);
        const members = groupSubsets(groups, { fraction, by: 'group' })(seed(0));
        expect(members).toHaveLength(size);
        expect(members).toEqual(members.toSorted());
        for (const points of units)
          expect([0, points.length]).toContain(points.filter((point) => members.includes(point)).length);
        expect(groupSubsets(groups, { fraction, by: 'group' })(seed(0))).toEqual(members);
      },
    ),
    { numRuns: 60 },
  );
});

test('all subsets of groups that have the size are drawn equally often', () => {
  const groups = Int32Array.of(0, 0, 0, 1, 1, 2, 2, -1, -1, -1);
  const draw = groupSubsets(groups, { fraction: 0.5, by: 'group' });
  const choices = groupChoices([3, 2, 2, 1, 1, 1], 5, 1e6);
  const times = new Map<string, number>();
  const draws = 400 * choices;
  for (let subset = 0; subset < draws; subset++) {
    const name = draw(seed(subset)).join();
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  expect(times.size).toBe(choices);
  // Chi squared with choices - 1 degrees of freedom, six standard deviations above its mean.
  const chi = [...times.values()].reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0);
  expect(chi).toBeLessThan(choices - 1 + 6 * Math.sqrt(2 * (choices - 1)));
});

test('fewer different subsets of groups than are asked for are refused', () => {
  const truth = { subsets: 7, fraction: 0.5, stratified: false, by: 'group', retrainSeeds: 2 } as const;
  const groups = Int32Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3);
  const check = (subsets: number) =>
    checkSubsets({ id: 't', key: 'k', seed: 1 }, { ...truth, subsets }, new Int32Array(12), groups);
  expect(() => check(6)).not.toThrow();
  expect(() => check(7)).toThrow('has 6 different subsets of whole groups, fewer than the 7 asked for');
});

const people = '{ use: emoji, classes: [People & Body, Flags], train: 40, queries: 12 }';
const onEmoji = (truth: string) =>
  `${header
    .replace('{ use: synthetic, train: 40, queries: 6 }', people)
    .replace('epochs: 10', 'epochs: 2')
    .replace('subsets: 20, retrainSeeds: 2', truth)
    .replace('[lds]', '[lds, group-recall]')}methods: [pixel-similarity, label-match]\n`;

test('the truth of a grid leaves out whole emoji, and the skin tones of a query are found by their pixels', async () => {
  const results = temporaryFolder();
  const planned = await plan(await grid(onEmoji('subsets: 4, retrainSeeds: 1, by: group')), results);
  const { outcome } = await run(planned);
  expect(outcome.counts).toMatchObject({ failed: 0, blocked: 0 });
  const store = openStore(join(results, 'store'));
  const [job] = planned.steps.flatMap((step) => truthStep.jobOf(step) ?? []);
  const { members } = await readArtifact(store, job.output, truthArtifact);
  const groups = await readArtifact(store, job.task.dataset, pointMarks('groups'));
  for (const points of pointsByGroup(groups.train))
    for (const subset of members)
      expect([0, points.length]).toContain(points.filter((point) => subset.includes(point)).length);
  const values = new Map<string, number>();
  for (const step of planned.steps) {
    const measured = metricStep.jobOf(step);
    if (measured?.metric !== 'group-recall') continue;
    const { report } = await readArtifact(store, measured.output, metricArtifact);
    values.set(String(step.method), report.value);
  }
  expect(values.get('pixel-similarity')).toBeGreaterThan(0.6);
  expect(values.get('label-match')).toBeLessThan(0.5);
  // Keys of truths that are drawn of points are what they were.
  const truthKey = async (truth: string) =>
    (await plan(await grid(onEmoji(truth)), results)).steps.flatMap((step) => truthStep.jobOf(step) ?? [])[0].output
      .key;
  expect(await truthKey('subsets: 4, retrainSeeds: 1, by: point')).toBe(await truthKey('subsets: 4, retrainSeeds: 1'));
  expect(job.output.key).not.toBe(await truthKey('subsets: 4, retrainSeeds: 1'));
});

test('groups that a task does not have are one problem of the grid file', async () => {
  await expect(grid(onEmoji('subsets: 4, by: group, stratified: true'))).rejects.toThrow(
    'of groups cannot be there beside stratified',
  );
  const none = onEmoji('subsets: 4, by: group').replace(people, 'digits');
  await expect(grid(none)).rejects.toThrow('the points of task "a" have no groups');
  await expect(grid(none.replace(', by: group', ''))).rejects.toThrow(
    'metric "group-recall" needs groups of points and no task has any',
  );
});
