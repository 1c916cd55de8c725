import { BenchError, type PointSet } from '@attribution-bench/contract';
import type { CellInfluence, PointInfluence, ScoredPoint, ShownPoint } from '@attribution-bench/leaderboard';
import { openStore } from '@attribution-bench/store';
import type { TaskData } from '@attribution-bench/tasks';
import { readArtifact } from '../artifacts/codec.js';
import { scoresPart, shapeOfScores } from '../artifacts/scores.js';
import { processPoints } from '../executors/local/process-points.js';
import type { Plan, PlannedCell } from '../model/plan.js';
import { readData } from '../steps/read-data.js';
import { scoringJobOf } from '../steps/scoring-job.js';
import { indexSteps } from '../steps/step-index.js';
import { imageShape, picturesOf } from './examples/pictures.js';

/** Names of a point's place: `query:3`, `train:12`. */
const placePattern = /^(query|train):(\d+)$/;

/**
 * A point and, by every cell of its task whose scores are stored, the points at the other end of its largest and smallest
 * scores: training points for a query, queries for a training point.
 * @param name `query:3` or `train:12`, counted from 0, or where the point comes from, e.g. `train/1234`
 * @param count how many points at each end
 * @throws BenchError NO_CELLS when no method runs on the task, UNKNOWN_NAME when the point is not found, or what is damaged in the store
 */
export async function pointInfluence(plan: Plan, taskId: string, name: string, count: number): Promise<PointInfluence> {
  const store = openStore(plan.storeLocation);
  const steps = indexSteps(plan.steps);
  const scored = plan.cells.flatMap((cell) => {
    const job = cell.task === taskId ? scoringJobOf(steps.get(cell.steps?.score ?? '')) : undefined;
    return job === undefined ? [] : [{ cell, job }];
  });
  if (scored.length === 0)
    throw new BenchError({
      code: 'NO_CELLS',
      place: plan.grid.file,
      message: `has no method to run on task "${taskId}"`,
      next: 'add one that supports such a task',
    });
  const source = scored[0].job.task;
  if (source.spec === undefined) throw noPoints(plan.grid.file, taskId);
  const data = await readData(store, source, processPoints);
  const { side, index } = findPoint(data, name);
  const shape = imageShape(data.inputShape, source.spec.data.use);
  const show = shownPoints(data, shape && picturesOf(data, shape));
  const cells: CellInfluence[] = [];
  for (const { cell, job } of scored) {
    if (!(await store.has(job.output))) continue;
    const scores = await readArtifact(store, job.output, scoresPart(shapeOfScores(job.scoreShape, job.info)));
    cells.push({ ...ends(scores, data, side, index, count, show), ...namesOf(plan, cell) });
  }
  return {
    task: taskId,
    target: source.spec.target.use,
    point: show(side, index),
    ...(shape && { imageShape: shape }),
    cells,
  };
}

function noPoints(place: string, task: string): BenchError {
  return new BenchError({
    code: 'NO_CELLS',
    place,
    message: `has no points to show of task "${task}", of which only the truth is known`,
    next: 'name a task that is trained here',
  });
}

function namesOf({ grid }: Plan, { id, method }: PlannedCell): Pick<CellInfluence, 'cell' | 'title'> {
  const title = grid.methods.find(({ loaded }) => loaded.method.id === method)?.loaded.method.title ?? method;
  return { cell: id, title };
}

function findPoint(
  { ids, queryIds }: TaskData,
  name: string,
): { readonly side: ShownPoint['side']; readonly index: number } {
  const [, side, digits] = placePattern.exec(name) ?? [];
  const count = side === 'train' ? ids.length : queryIds.length;
  if ((side === 'train' || side === 'query') && Number(digits) < count) return { side, index: Number(digits) };
  for (const [side, list] of [['query', queryIds] as const, ['train', ids] as const]) {
    const index = list.indexOf(name);
    if (index >= 0) return { side, index };
  }
  throw new BenchError({
    code: 'UNKNOWN_NAME',
    message: `no point "${name}"`,
    next: `name it query:0 to query:${queryIds.length - 1}, train:0 to train:${ids.length - 1}, or by its source, e.g. "${queryIds[0]}" or "${ids[0]}"`,
  });
}

type Show = (side: ShownPoint['side'], index: number) => ShownPoint;

function shownPoints(
  { ids, queryIds, labels, queryLabels, flipped, classes, responses }: TaskData,
  pixels: ((of: PointSet, index: number) => Uint8Array) | undefined,
): Show {
  return (side, index) => {
    const [sources, classOf, of] =
      side === 'train' ? [ids, labels, 'train' as const] : [queryIds, queryLabels, 'queries' as const];
    return {
      side,
      index,
      source: sources[index],
      ...(responses ? { response: responses[of][index] } : classes > 0 && { label: classOf[index] }),
      ...(side === 'train' && flipped[index] === 1 && { flipped: true }),
      ...(pixels && { pixels: pixels(of, index) }),
    };
  };
}

/** @param scores [queries × train], or [train] from a method that scores a point once for all queries */
function ends(
  scores: Float32Array,
  { ids: { length: train }, queryIds: { length: queries } }: TaskData,
  side: ShownPoint['side'],
  index: number,
  count: number,
  show: Show,
): Omit<CellInfluence, 'cell' | 'title'> {
  const perQuery = scores.length === queries * train;
  if (side === 'train' && !perQuery) {
    const score = scores[index];
    const place = 1 + scores.filter((other) => other > score).length;
    return { largest: [], smallest: [], global: { score, place, of: train } };
  }
  const own =
    side === 'query'
      ? scores.subarray(perQuery ? index * train : 0, perQuery ? (index + 1) * train : train)
      : Float32Array.from({ length: queries }, (_, query) => scores[query * train + index]);
  const other = side === 'query' ? 'train' : 'query';
  const ascending = Array.from(own.keys()).sort((a, b) => own[a] - own[b] || a - b);
  const point = (at: number): ScoredPoint => ({ ...show(other, at), score: own[at] });
  return { largest: ascending.slice(-count).reverse().map(point), smallest: ascending.slice(0, count).map(point) };
}
