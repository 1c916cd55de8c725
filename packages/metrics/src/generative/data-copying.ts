import type { Rng } from '@attribution-bench/contract';
import { midranks } from '@attribution-bench/numerics';
import { type FeatureSets, type Points, pick, pointsOf } from './feature-sets.js';
import { assign, kMeans } from './k-means.js';
import { nearest } from './nearest.js';

const CELLS = 3;
const STARTS = 10;
/** A cell counts when more generated points than this fall into it. */
const FEW = 20;

export interface PointsInCells {
  readonly points: Points;
  /** The cell of each point, from 0. */
  readonly cells: Int32Array;
}

export interface DataCopying {
  /** Mean of the cells' statistics by their share of held-out points; undefined where `obstacle` says why. */
  readonly statistic: number | undefined;
  /** The statistic of each cell; undefined where a set has no points, or all are equally far from training points. */
  readonly cells: readonly (number | undefined)[];
  /** What keeps the statistic from being computed, in words; undefined where nothing does. */
  readonly obstacle: string | undefined;
}

/**
 * The data-copying test C_T (Meehan, Chaudhuri and Dasgupta 2020, arXiv:2004.05675): whether generated points are nearer
 * to training points than held-out ones are, in each of three k-means cells of the training points. Far below 0 means
 * copied, far above underfitted.
 * @throws BenchError GENERATIVE_FEATURES, and GENERATIVE_UNDEFINED where it cannot be computed
 */
export async function dataCopying(sets: FeatureSets, rng: Rng): Promise<DataCopying> {
  const train = pointsOf('train', sets.train, CELLS);
  const centres = await kMeans(train, CELLS, STARTS, rng);
  const inCells = async (points: Points): Promise<PointsInCells> => ({
    points,
    cells: (await assign(points, centres)).cells,
  });
  return dataCopyingInCells(
    await inCells(train),
    await inCells(pointsOf('test', sets.test)),
    await inCells(pointsOf('generated', sets.generated)),
  );
}

/** {@link dataCopying} with the cells given. */
export async function dataCopyingInCells(
  train: PointsInCells,
  test: PointsInCells,
  generated: PointsInCells,
): Promise<DataCopying> {
  const count = 1 + train.cells.reduce((largest, cell) => Math.max(largest, cell), 0);
  const cells: (number | undefined)[] = [];
  let weighted = 0;
  let weight = 0;
  let tied = false;
  for (let cell = 0; cell < count; cell++) {
    const [own, held, made] = [train, test, generated].map((set) => membersOf(set, cell));
    const statistic = own.count * held.count * made.count === 0 ? undefined : await copyingScore(own, held, made);
    cells.push(statistic);
    if (made.count <= FEW) continue;
    if (statistic === undefined) {
      tied ||= own.count * held.count > 0;
      continue;
    }
    weighted += held.count * statistic;
    weight += held.count;
  }
  if (weight > 0) return { statistic: weighted / weight, cells, obstacle: undefined };
  const obstacle = tied
    ? 'generated and held-out points are all equally far from training points'
    : `it takes more than ${FEW} generated points, and held-out ones, in one of ${CELLS} cells`;
  return { statistic: undefined, cells, obstacle };
}

/**
 * The Mann-Whitney statistic of how often a generated point is farther from its nearest training point than a held-out
 * one, as a standard score (with continuity correction, without a correction for ties); undefined where all are equally far.
 */
export async function copyingScore(train: Points, test: Points, generated: Points): Promise<number | undefined> {
  const made = (await nearest(generated, train)).distances;
  const held = (await nearest(test, train)).distances;
  if ([...made, ...held].every((distance) => distance === made[0])) return undefined;
  const [m, n] = [made.length, held.length];
  const ranks = midranks([...made, ...held]).subarray(0, m);
  const u = ranks.reduce((sum, rank) => sum + rank, 0) - (m * (m + 1)) / 2;
  return (u - (m * n) / 2 + 0.5) / Math.sqrt((m * n * (m + n + 1)) / 12);
}

function membersOf({ points, cells }: PointsInCells, cell: number): Points {
  return pick(
    points,
    Int32Array.from(cells.keys()).filter((i) => cells[i] === cell),
  );
}
