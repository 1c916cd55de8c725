import { type Check, checkBaseline, makeBaseline, makeBoard } from '@attribution-bench/leaderboard';
import { type SimulatedMethod, type Simulation, simulatedGrid } from './simulated-grid.js';

/** What is drawn anew between two scorings of a board whose methods stay as good as they are. */
export type Anew = 'seeds' | 'machine' | 'both';

/** How often whole boards raise a false alarm. */
export interface FalseAlarms {
  readonly boards: number;
  /** Share of the boards on which any row regressed. */
  readonly alarms: number;
  /** The same if each row were judged for itself. */
  readonly unadjusted: number;
  /** Mean share of a board's rows that were left unresolved. */
  readonly unresolved: number;
}

/** About the size of a grid for continuous integration. */
const size = { subsets: 36, queries: 24, train: 30, seeds: [0, 1, 2], resamples: 100 };

/** Methods of all kinds: steady ones, ones with noise of their own a query, with noise that hits all queries alike, random ones. */
function methodsOf(rows: number): SimulatedMethod[] {
  return Array.from({ length: rows }, (_, i): SimulatedMethod => {
    const noise = 0.4 + 0.2 * (i % 7);
    const kinds: readonly Omit<SimulatedMethod, 'id' | 'noise'>[] = [
      { seedNoise: 0.1 },
      { seedNoise: 1 },
      { sharedSeedNoise: 0.5 },
      { seedNoise: 0.5, sharedSeedNoise: 0.2 },
      { seedNoise: 1e6 },
    ];
    return { id: `method ${i}`, noise, ...kinds[i % kinds.length] };
  });
}

/** Scores boards of so many rows twice, and checks the second time against the first. */
export function falseAlarms(rows: number, boards: number, anew: Anew): FalseAlarms {
  const methods = methodsOf(rows);
  let [alarms, unadjusted, unresolved] = [0, 0, 0];
  for (let seed = 0; seed < boards; seed++) {
    const before: Simulation = { ...size, methods, seed };
    const after = {
      ...before,
      ...(anew === 'machine' ? {} : { redraw: 1 }),
      ...(anew === 'seeds' ? {} : { machine: 1 }),
    };
    const found = check(before, after);
    if (!found.passed) alarms++;
    if (found.rows.some(({ change, tolerance = 0 }) => change !== undefined && change.high < -tolerance)) unadjusted++;
    unresolved += found.rows.filter(({ verdict }) => verdict === 'unresolved').length / rows / boards;
  }
  return { boards, alarms: alarms / boards, unadjusted: unadjusted / boards, unresolved };
}

function check(before: Simulation, after: Simulation): Check {
  const [then, now] = [simulatedGrid(before), simulatedGrid(after)];
  const acceptance = { reason: 'simulation', at: '2026-01-01' };
  // The board gives the check its yardsticks alone: that of one method costs next to nothing.
  const yardsticks = makeBoard(simulatedGrid({ ...after, methods: after.methods.slice(0, 1) }));
  return checkBaseline(now, yardsticks, makeBaseline(then, acceptance));
}
