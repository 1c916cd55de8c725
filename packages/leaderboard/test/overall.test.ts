import { Rng } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import type { BoardRow, BoardTaskSummary, OverallBoard } from '../src/index.js';
import { overallBoards } from '../src/make/overall.js';
import { overallSentence, overallTitle } from '../src/view/overall-sentences.js';
import { taskInfo } from './simulated-grid.js';

/** The shares of one method by task, the tasks named after their data set and a number. */
function overallOf(shares: Readonly<Record<string, readonly number[]>>, others: BoardRow[] = []): OverallBoard {
  const tasks: BoardTaskSummary[] = [];
  const rows: BoardRow[] = [...others];
  for (const [dataset, values] of Object.entries(shares)) {
    values.forEach((ofCeiling, i) => {
      const { layers: _, ...info } = taskInfo(`${dataset}-${i}`, 'classifier', 100, 50);
      tasks.push({ ...info, dataset, sanity: {}, report: { subsets: 40, queries: 30 }, rankedBy: 'lds' });
      rows.push(
        row(info.id, 'ceiling', { ofCeiling: 1 }),
        row(info.id, 'method', { ofCeiling, rank: { low: 1, high: 1, point: 1 } }),
      );
    });
  }
  return overallBoards({ tasks, rows }, 'lds', 0.95)[0];
}

function row(
  task: string,
  kind: 'ceiling' | 'method',
  { ofCeiling, rank }: { ofCeiling: number; rank?: BoardRow['rank'] },
  entry: string = kind,
): BoardRow {
  return {
    kind,
    task,
    entry,
    method: entry,
    title: entry,
    family: 'gradient',
    global: false,
    status: 'ok',
    varied: [],
    sweep: [],
    seeds: [0],
    metrics: {
      lds: { value: ofCeiling, low: 0.1, high: 1, perSeed: [], ofCeiling: { value: ofCeiling, low: 0, high: 1 } },
    },
    ...(rank === undefined ? {} : { rank }),
  };
}

describe('over tasks', () => {
  it('two data sets are described only: no mean, no interval, and the text says so', () => {
    const overall = overallOf({ a: [0.3, 0.4], b: [0.6] });
    expect(overall.rows).toEqual([{ entry: 'method', title: 'method', shares: [0.3, 0.4, 0.6] }]);
    expect(overallTitle(overall)).toBe('Share of the noise ceiling on 3 tasks of 2 data sets');
    expect(overallSentence(overall, 0.95)).toMatch(
      /^This describes these tasks and does not order the methods.*: no mean, interval or rank is given\.$/,
    );
  });

  it('three data sets have a mean in which each counts once, with an interval over data sets', () => {
    const overall = overallOf({ a: [0.2, 0.4], b: [0.5], c: [0.7] });
    const [{ mean }] = overall.rows;
    expect(mean?.value).toBe(0.5);
    // Deviation 0.2 over three: half width 4.3027 · 0.2 / √3.
    expect(mean?.high).toBeCloseTo(0.5 + (4.302653 * 0.2) / Math.sqrt(3), 5);
    expect(mean?.low).toBeCloseTo(0.5 - (4.302653 * 0.2) / Math.sqrt(3), 5);
    expect(overallSentence(overall, 0.95)).toContain('with 2 degrees of freedom');
  });

  it('a method that lacks a task has its shares and no mean, after those that have one', () => {
    const lacking = row('a-0', 'method', { ofCeiling: 0.9, rank: { low: 1, high: 1, point: 1 } }, 'another');
    const overall = overallOf({ a: [0.2], b: [0.5], c: [0.7] }, [lacking]);
    expect(overall.rows.map(({ entry, shares, mean }) => [entry, shares, mean !== undefined])).toEqual([
      ['method', [0.2, 0.5, 0.7], true],
      ['another', [0.9, null, null], false],
    ]);
  });

  it.each([3, 6])('intervals over %d data sets cover the mean of all data sets 93 to 97 % of the time', (count) => {
    const rng = new Rng([count, 5, 7, 11]);
    let covered = 0;
    const draws = 1500;
    for (let i = 0; i < draws; i++) {
      const shares = Array.from({ length: count }, (_, set) => {
        const ofDataset = 0.5 + 0.1 * rng.normal();
        return [`d${set}`, Array.from({ length: 1 + (set % 3) }, () => ofDataset + 0.01 * rng.normal())] as const;
      });
      const [{ mean }] = overallOf(Object.fromEntries(shares)).rows;
      if (mean !== undefined && mean.low <= 0.5 && 0.5 <= mean.high) covered++;
    }
    expect(covered / draws).toBeGreaterThanOrEqual(0.93);
    expect(covered / draws).toBeLessThanOrEqual(0.97);
  });
});
