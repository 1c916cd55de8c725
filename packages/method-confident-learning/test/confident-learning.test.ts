import { rocAuc } from '@attribution-bench/numerics';
import { describeMethod, readNpy, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import method from '../src/confident-learning.js';
import { adjusted, offDiagonal, type Quality, suspicionOf } from '../src/label-quality.js';

describeMethod(method, { params: { jointFirst: true, checkpoints: 2 } });

const read = (name: string) => readNpy(new URL(`fixtures/${name}.npy`, import.meta.url)).data;
const probabilities = Float64Array.from(read('probabilities'));
const labels = Int32Array.from(read('labels'));
const classes = 4;

test.each<[Quality, string]>([
  ['self-confidence', 'self_confidence'],
  ['normalised-margin', 'normalized_margin'],
  ['confidence-weighted-entropy', 'confidence_weighted_entropy'],
])('%s is that of cleanlab', (quality, name) => {
  const recorded = [[probabilities, name]] as [Float64Array, string][];
  if (quality !== 'confidence-weighted-entropy')
    recorded.push([adjusted(probabilities, labels, classes), `${name}_adjusted`]);
  for (const [given, file] of recorded) {
    const theirs = read(file);
    const ours = suspicionOf(given, labels, quality);
    expect(ours.length).toBe(theirs.length);
    for (const [i, value] of ours.entries()) expect(Math.abs(1 - value - theirs[i])).toBeLessThan(1e-9);
  }
});

test('the confident joint counts the points under another label that cleanlab does', () => {
  expect(offDiagonal(probabilities, labels, classes)).toEqual([...read('off_diagonal')]);
});

test('a class that no point is labelled with is nobody’s', () => {
  const p = Float64Array.of(0.2, 0.1, 0.7, 0.6, 0.3, 0.1);
  expect(offDiagonal(p, Int32Array.of(0, 0), 3)).toEqual([]);
  expect(adjusted(p, Int32Array.of(0, 0), 3).every(Number.isFinite)).toBe(true);
});

test('finds flipped labels, and ranks points off the diagonal first where told to', async () => {
  const data = { use: 'digits', train: 200, queries: 5, flipLabels: 0.1 };
  const model = { use: 'logistic', epochs: 10, batch: 20 };
  const setting = await trainedSetting(taskSpec({ id: 'noisy', data, model }, 3));
  const { selfInfluence: plain = new Float32Array() } = await runMethod(method, setting);
  const { selfInfluence: joint = new Float32Array() } = await runMethod(method, setting, {
    params: { jointFirst: true },
  });
  expect(rocAuc(plain, setting.data.flipped)).toBeGreaterThan(0.9);
  expect(rocAuc(joint, setting.data.flipped)).toBeGreaterThan(0.9);
  const first = joint.filter((value) => value > 1).length;
  expect(first).toBeGreaterThan(5);
  expect(first).toBeLessThan(60);
});
