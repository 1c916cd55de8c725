import { deriveSeed } from '@attribution-bench/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSubsets } from '../src/plan/check-subsets.js';
import { subsetMembers } from '../src/steps/draw-subsets.js';

const of = { id: 't', key: 'k', seed: 1 };
const truth = { subsets: 8, fraction: 0.5, stratified: false, retrainSeeds: 2 };
const points = (train: number, classes = 1) => Int32Array.from({ length: train }, (_, i) => i % classes);

describe('subsets that cannot differ', () => {
  it.each([
    [
      40,
      { fraction: 0.01 },
      'truth.fraction 0.01 of 40 training points is 0',
      'set truth.fraction to 0.03, which is 1',
    ],
    [40, { fraction: 0.999 }, '0.999 of 40 training points is 40', 'set truth.fraction to 0.97, which is 39'],
    [
      6,
      { subsets: 21 },
      'has 20 different subsets, fewer than the 21 asked for',
      'lower truth.subsets or raise data.train',
    ],
    [40, { subsets: 41, fraction: 0.02 }, 'has 40 different subsets', 'set truth.fraction to 0.05, which is 2'],
    [6, { subsets: 7, fraction: 0.2 }, 'has 6 different subsets', 'set truth.fraction to 0.3, which is 2'],
    [2, { subsets: 3 }, 'has 2 different subsets', 'lower truth.subsets or raise data.train'],
  ])('of %i points with %j are refused', (train, change, message, next) => {
    expect(() => checkSubsets(of, { ...truth, ...change }, points(train))).toThrow(
      expect.objectContaining({
        code: 'SUBSETS_TOO_FEW',
        place: 'task "t"',
        message: expect.stringContaining(message),
        next: expect.stringContaining(next),
      }),
    );
  });

  it.each([
    [40, {}],
    [6, { subsets: 20 }],
    [40, { subsets: 40, fraction: 0.025 }],
    [10_000, { subsets: 1000, fraction: 0.1 }],
  ])('others of %i points with %j are not', (train, change) => {
    expect(() => checkSubsets(of, { ...truth, ...change }, points(train))).not.toThrow();
  });

  it.each([
    [30, { fraction: 0.99 }, '0.99 of 30 training points is 30', 'set truth.fraction to 0.97, which is 29'],
    [30, { leaveOut: 1, subsets: 31 }, 'has 30 different subsets', 'set truth.leaveOut to 2, the nearest that works'],
    [20, { leaveOut: 2, subsets: 190 }, /of which \d+ that differ were found/, 'or leave out more points'],
  ])('of few points left out of %i are refused for %j', (train, change, message, next) => {
    const { leaveOut = 0 } = change as { leaveOut?: number };
    const spec = { ...truth, fraction: (train - leaveOut) / train, ...change };
    expect(() => checkSubsets(of, spec, points(train))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(message), next: expect.stringContaining(next) }),
    );
  });

  it('are counted by class when stratified', () => {
    const stratified = { ...truth, stratified: true, subsets: 36 };
    expect(() => checkSubsets(of, stratified, points(8, 2))).not.toThrow();
    expect(() => checkSubsets(of, { ...stratified, subsets: 37 }, points(8, 2))).toThrow(
      'has 36 different class-stratified subsets, fewer than the 37 asked for',
    );
    expect(() => checkSubsets(of, stratified, points(8, 8))).not.toThrow();
  });

  it('are as many as can be drawn', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(2), { minLength: 3, maxLength: 6 }),
        fc.double({ min: 0.2, max: 0.8, noNaN: true }),
        fc.boolean(),
        (classes, fraction, stratified) => {
          const labels = Int32Array.from(classes);
          const rule = { fraction, ...(stratified ? { stratified } : {}) };
          const drawn = new Set<string>();
          for (let j = 0; j < 600; j++)
            drawn.add(subsetMembers(deriveSeed(1, 't', 'truth-subset', j), labels, rule as never).join());
          const accepted = (subsets: number) => {
            try {
              checkSubsets(of, { ...truth, fraction, stratified, subsets }, labels);
              return true;
            } catch {
              return false;
            }
          };
          expect(drawn.size < 2 || accepted(drawn.size)).toBe(true);
          expect(accepted(drawn.size + 1)).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });
});

it('more retrainings than anyone plans are refused before they are listed', () => {
  const many = { ...truth, subsets: 1_000_000, retrainSeeds: 1_000_000 };
  expect(() => checkSubsets(of, many, points(40))).toThrow('asks for 1000000 subsets with 1000000 retrainings each');
});
