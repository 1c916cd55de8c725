import { describe, expect, it } from 'vitest';
import { type Board, type Check, checkBaseline, makeBaseline, makeBoard } from '../src/index.js';
import { falseAlarms } from './reseeded-boards.js';
import { type SimulatedMethod, type Simulation, simulatedGrid } from './simulated-grid.js';

/** About the size of a grid for continuous integration, with methods that depend on their seeds in different ways. */
const size = { subsets: 36, queries: 24, train: 30, seeds: [0, 1, 2], resamples: 50 };
const methods: readonly SimulatedMethod[] = [
  { id: 'steady', noise: 0.8 },
  { id: 'own noise', noise: 0.8, seedNoise: 1 },
  { id: 'shared noise', noise: 0.8, sharedSeedNoise: 0.5 },
  { id: 'random', noise: 0, seedNoise: 1e6 },
];

let yardsticks: Board | undefined;

function check(before: Simulation, after: Simulation): Check {
  const [then, now] = [simulatedGrid(before), simulatedGrid(after)];
  yardsticks ??= makeBoard(now);
  return checkBaseline(now, yardsticks, makeBaseline(then, { reason: 'simulation', at: '2026-01-01' }));
}

describe('over simulated grids, with a tolerance of 0.02, the gate', () => {
  it('raises no false alarm on boards of 50 rows with seeds, models and retrainings all drawn anew', {
    timeout: 300_000,
  }, () => {
    expect(falseAlarms(50, 10, 'both').alarms).toBe(0);
  });

  it('fails at most 5 % of those whose methods only drew new random numbers', () => {
    let alarms = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { passed } = check({ ...size, methods, seed }, { ...size, methods, seed, redraw: 1 });
      if (!passed) alarms++;
    }
    expect(alarms / 200).toBeLessThanOrEqual(0.05);
  });

  it.each([
    { id: 'steady', noise: 0.95, redraw: 0, power: 0.95 },
    { id: 'own noise', noise: 1.12, redraw: 0, power: 0.95 },
    { id: 'shared noise', noise: 0.98, redraw: 0, power: 0.95 },
    { id: 'shared noise', noise: 0.98, redraw: 1, power: 0.1 },
  ])('sees a drop of 0.05 at least $power of the time: $id, redraw $redraw', ({ id, noise, redraw, power }) => {
    const one = methods.filter((method) => method.id === id);
    const worse = one.map((method) => ({ ...method, noise }));
    const draws = 50;
    let [seen, drop] = [0, 0];
    for (let seed = 0; seed < draws; seed++) {
      const { rows } = check({ ...size, methods: one, seed }, { ...size, methods: worse, seed, redraw });
      if (rows[0].verdict === 'regressed') seen++;
      drop -= (rows[0].change?.value ?? 0) / draws;
    }
    expect(Math.abs(drop - 0.05)).toBeLessThan(0.007);
    expect(seen / draws).toBeGreaterThanOrEqual(power);
  });
});
