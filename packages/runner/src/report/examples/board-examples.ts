import { canonicalJson, type Json, type PointSet } from '@attribution-bench/contract';
import type { ExamplePoint, GeneratedExample, QueryExample, TaskExamples } from '@attribution-bench/leaderboard';
import type { GeneratedSamples } from '@attribution-bench/metrics/generative';
import { openStore, type Store } from '@attribution-bench/store';
import type { TaskData } from '@attribution-bench/tasks';
import { readArtifact, unlessLost } from '../../artifacts/codec.js';
import { diagnosisArtifact } from '../../artifacts/diagnosis.js';
import { scoresPart, shapeOfScores } from '../../artifacts/scores.js';
import { processPoints } from '../../executors/local/process-points.js';
import type { Plan, PlannedCell, PlannedTask } from '../../model/plan.js';
import { diagnoseStep } from '../../steps/kinds/diagnose.js';
import type { ScoringJob } from '../../steps/kinds/score.js';
import { readData } from '../../steps/read-data.js';
import { scoringJobOf } from '../../steps/scoring-job.js';
import { indexSteps, type StepIndex } from '../../steps/step-index.js';
import { type ImageShape, imageShape, picturesOf } from './pictures.js';
import { pngUrl } from './png.js';

/** A row of a board whose scores are wanted. */
export interface ExampleRow {
  readonly task: string;
  readonly entry: string;
  readonly method: string;
  readonly params?: { readonly [key: string]: Json };
  /** By seed, where they are not `params` for every one. */
  readonly paramsBySeed?: readonly { readonly [key: string]: Json }[];
  readonly seeds: readonly number[];
}

const queriesShown = 3;
const pointsShown = 6;
const generatedShown = 60;

/**
 * What rows of a board say about a few queries of the report split, spread evenly over it (for a generator with generated
 * queries: those first), with pictures. Tasks without images, and rows whose scores are not stored or damaged, are left out. A
 * row's first seed speaks for it.
 */
export async function boardExamples(plan: Plan, rows: readonly ExampleRow[]): Promise<TaskExamples[]> {
  const store = openStore(plan.storeLocation);
  const steps = indexSteps(plan.steps);
  const examples: TaskExamples[] = [];
  for (const task of plan.tasks) {
    const scored: ScoredRow[] = [];
    for (const row of rows) {
      const job = row.task === task.info.id ? scoreJob(plan.cells, row, steps) : undefined;
      if (job !== undefined && (await store.has(job.output))) scored.push({ entry: row.entry, job });
    }
    const shown = scored.length === 0 ? undefined : await taskExamples(store, task, scored, steps);
    if (shown !== undefined) examples.push(shown);
  }
  return examples;
}

interface ScoredRow {
  readonly entry: string;
  readonly job: ScoringJob;
}

function scoreJob(cells: readonly PlannedCell[], row: ExampleRow, steps: StepIndex): ScoringJob | undefined {
  const reported = row.paramsBySeed?.[0] ?? row.params;
  if (reported === undefined) return undefined;
  const wanted = canonicalJson({ ...reported });
  const cell = cells.find(
    ({ task, method, seed, params }) =>
      task === row.task &&
      method === row.method &&
      seed === row.seeds[0] &&
      canonicalJson({ ...params } as Record<string, Json>) === wanted,
  );
  return scoringJobOf(steps.get(cell?.steps?.score ?? ''));
}

async function taskExamples(
  store: Store,
  { task, info, report }: PlannedTask,
  rows: readonly ScoredRow[],
  steps: StepIndex,
): Promise<TaskExamples | undefined> {
  const source = rows[0].job.task;
  if (source.spec === undefined) return undefined;
  const data = await unlessLost(readData(store, source, processPoints));
  if (data === undefined) return undefined;
  const shape = imageShape(data.inputShape, source.spec.data.use);
  if (shape === undefined) return undefined;
  const gallery = openGallery(data, shape);
  const label = (labels: Int32Array, index: number) => (info.classes > 0 ? { label: labels[index] } : {});
  const queries: QueryExample[] = chosenQueries([...report.queries], data).map((query) => ({
    query,
    source: data.queryIds[query],
    picture: gallery.picture('queries', query),
    ...label(data.queryLabels, query),
    methods: [],
  }));
  for (const { entry, job } of rows) {
    const part = scoresPart(shapeOfScores(job.scoreShape, job.info));
    const scores = await unlessLost(readArtifact(store, job.output, part));
    if (scores === undefined) continue;
    queries.forEach((example, i) => {
      const at = scores.length === info.train ? 0 : example.query * info.train;
      const own = scores.subarray(at, at + info.train);
      const ascending = Array.from(own.keys()).sort((a, b) => own[a] - own[b] || a - b);
      const point = (index: number): ExamplePoint => ({
        index,
        picture: gallery.picture('train', index),
        ...label(data.labels, index),
        score: own[index],
      });
      const top = ascending.slice(-pointsShown).reverse().map(point);
      const bottom = ascending.slice(0, pointsShown).map(point);
      queries[i] = { ...example, methods: [...queries[i].methods, { entry, top, bottom }] };
    });
  }
  const diagnosed = [...steps.values()].find((step) => step.task === task.id && diagnoseStep.jobOf(step))?.outputs[0];
  const diagnosis = diagnosed && (await unlessLost(readArtifact(store, diagnosed, diagnosisArtifact)));
  const samples = diagnosis?.samples;
  return {
    task: info.id,
    ...(samples !== undefined && { generated: generatedExamples(samples, data, gallery) }),
    queries,
    pictures: gallery.pictures,
  };
}

/** Every generated query, the most memorised first. */
function generatedExamples(samples: GeneratedSamples, { queryIds }: TaskData, gallery: Gallery): GeneratedExample[] {
  const { memorisation, nearestTraining, trainingDistances, heldoutDistances } = samples;
  const first = queryIds.length - memorisation.length;
  const order = Array.from(memorisation.keys()).sort((a, b) => memorisation[b] - memorisation[a] || a - b);
  return order.map((sample, place) => ({
    source: queryIds[first + sample],
    ...(place < generatedShown
      ? {
          pictures: {
            own: gallery.picture('queries', first + sample),
            nearest: gallery.picture('train', nearestTraining[sample]),
          },
        }
      : {}),
    nearest: nearestTraining[sample],
    trainingDistance: trainingDistances[sample],
    heldoutDistance: heldoutDistances[sample],
    memorisation: memorisation[sample],
  }));
}

/** Queries evenly spread over the given ones; those that were generated are what a generator is asked about first. */
function chosenQueries(queries: readonly number[], { queryIds }: TaskData): number[] {
  const generated = queries.filter((query) => queryIds[query].startsWith('generated'));
  const pool = generated.length > 0 ? generated : queries;
  const count = Math.min(queriesShown, pool.length);
  return Array.from({ length: count }, (_, i) => pool[Math.floor((i * pool.length) / count)]);
}

interface Gallery {
  readonly pictures: string[];
  /** Number of the picture of a point, made when it is first asked for. */
  picture(side: PointSet, index: number): number;
}

function openGallery(data: TaskData, shape: ImageShape): Gallery {
  const pixels = picturesOf(data, shape);
  const pictures: string[] = [];
  const numbers = new Map<string, number>();
  return {
    pictures,
    picture(side, index) {
      const name = `${side} ${index}`;
      const known = numbers.get(name);
      if (known !== undefined) return known;
      numbers.set(name, pictures.length);
      return pictures.push(pngUrl(pixels(side, index), shape)) - 1;
    },
  };
}
