import { basename, join } from 'node:path';
import { BenchError, deriveSeed, type Json, type ScoreShape, type TaskInfo } from '@attribution-bench/contract';
import {
  type DeclaredCost,
  idsOf,
  type ReadScores,
  readScores,
  type ScoredTask,
  scoreByProgram,
} from '@attribution-bench/exchange';
import type { ArtifactOutput, Store } from '@attribution-bench/store';
import { readPackage, type TaskData } from '@attribution-bench/tasks';
import { readArtifact, writeArtifact } from '../../artifacts/codec.js';
import { foreignArtifact } from '../../artifacts/foreign-truth.js';
import { scoresArtifact, shapeOfScores } from '../../artifacts/scores.js';
import type { ExternalSource, Grid, ScoresFile } from '../../model/grid.js';
import { type CellSource, type MethodSource, namesOf, type StepJob, type TaskSource } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { TaskOfCells } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { madeUpScores } from '../made-up.js';
import { likenessOfMethod } from '../method-context.js';
import type { PointMemory } from '../point-memory.js';
import { programFolders } from '../program-folders.js';
import { readData } from '../read-data.js';
import { sharedTaskFolder } from '../shared-task-folder.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep } from '../step-definition.js';
import type { CellToPlan } from './stage.js';

export interface ExternalJob extends StepJob {
  readonly task: CellSource;
  readonly method: MethodSource;
  readonly external: ExternalSource;
  readonly limits: { readonly seconds?: number; readonly memoryBytes?: number };
  readonly scoreShape: ScoreShape;
  readonly info: TaskInfo;
  readonly output: ArtifactOutput;
}

type ScoreFiles = Extract<ExternalSource, { from: 'files' }>;
type Program = Extract<ExternalSource, { from: 'program' }>;

/** A guess: nobody knows how long a program takes before it ran. */
const programSeconds = 10;
const readingSeconds = 0.1;

/** Scores of another program: read from a file, or computed by a program that is started for them. */
export const externalStep = defineStep<ExternalJob>({
  kind: 'external',
  priority: 2,
  cell: { budgeted: true },
  cost: {
    likeness: likenessOfMethod,
    seconds: ({ external }) => (external.from === 'files' ? readingSeconds : programSeconds),
    standIn: ({ scoreShape, info }) => {
      const shape = shapeOfScores(scoreShape, info);
      return scoresArtifact(shape).encode(madeUpScores(shape));
    },
  },
  result: ({ scoreShape, info }) => scoresArtifact(shapeOfScores(scoreShape, info)),
  // The export of a task holds its network, which may be a user's.
  code: ({ task, external }) => (external.from === 'program' && task.spec ? { network: task.spec } : {}),
  run: scoreExternally,
});

export function planExternal(
  { source, parts, info }: TaskOfCells,
  { label, method, place, needs, ...cell }: CellToPlan,
  external: ExternalSource,
  { budget }: Pick<Grid, 'budget'>,
  scoreShape: ScoreShape,
): StepDraft<ExternalJob> {
  const { sign, orientation } = external.about;
  const output = externalStep.output({
    ...parts,
    ...cell.parts,
    code: readPackage('@attribution-bench/exchange').hash,
    scoreShape,
    sign,
    orientation,
    ...(external.from === 'files'
      ? { file: fileFor(method.seed, external).sha256 }
      : {
          program: cell.parts.code,
          seed: method.seed,
          checkpoints: method.checkpoints.map(({ key }) => key),
          trajectory: method.trajectory?.key,
        }),
  });
  return externalStep.draft({
    label: `score ${label}`,
    task: namesOf(source).id,
    method: method.id,
    needs,
    outputs: [output],
    job: {
      task: source,
      method,
      external,
      limits: {
        ...(budget.cellMs !== undefined && { seconds: budget.cellMs / 1000 }),
        ...(budget.memoryBytes !== undefined && { memoryBytes: budget.memoryBytes }),
      },
      scoreShape,
      info,
      output,
    },
    place: ['external', ...place],
  });
}

/** The file of scores for a seed of methods. */
function fileFor(seed: number, { files }: ScoreFiles): ScoresFile {
  const found = files.find((file) => file.seed === undefined || file.seed === seed);
  if (found !== undefined) return found;
  throw new BenchError({ code: 'SCORES_FILE', message: `there is no file of scores for the seed ${seed}` });
}

/** What whoever computed the scores of a step says that they cost; `undefined` where that is measured here. */
export function declaredCost({ method, external }: ExternalJob): DeclaredCost | undefined {
  return external.from === 'files' ? (fileFor(method.seed, external).cost ?? {}) : undefined;
}

async function scoreExternally(job: ExternalJob, ctx: StepContext): Promise<StepReport> {
  const { scores, report } = await withPlace(() =>
    job.external.from === 'files' ? fromFile(job, job.external, ctx) : fromProgram(job, job.external, ctx),
  );
  const shape = shapeOfScores(job.scoreShape, job.info);
  await writeArtifact(ctx.store, job.output, scoresArtifact(shape), { scores });
  return report;
}

type Scored = Pick<ReadScores, 'scores'> & { readonly report: StepReport };

async function fromFile(job: ExternalJob, files: ScoreFiles, ctx: StepContext): Promise<Scored> {
  const points = await scoredTask(ctx.store, job.task, ctx.points);
  ctx.begun();
  const elapsed = stopwatch();
  const { path } = fileFor(job.method.seed, files);
  const read = await readScores(path, points, files.about);
  checkShape(read.output, job, path);
  return { scores: read.scores, report: elapsed() };
}

/** The points of a task by their names. */
async function scoredTask(store: Store, task: CellSource, memory: PointMemory): Promise<ScoredTask> {
  if (task.spec !== undefined) return pointsOf(task, await readData(store, task, memory));
  const { id, key, truth } = task;
  const { train, queries } = await readArtifact(store, truth, foreignArtifact);
  return { id, key, trainIds: idsOf(train, 'train'), queryIds: idsOf(queries, 'query') };
}

function pointsOf({ spec, key }: TaskSource, { ids, queryIds }: TaskData): ScoredTask {
  return { id: spec.id, key, trainIds: ids, queryIds };
}

async function fromProgram(job: ExternalJob, program: Program, ctx: StepContext): Promise<Scored> {
  const { task, method, limits, output } = job;
  const { store, cancel, progress } = ctx;
  if (task.spec === undefined) throw nothingToExport(task.id);
  const data = await readData(store, task, ctx.points);
  const points = pointsOf(task, data);
  const { id, params, seed, checkpoints, trajectory } = method;
  const folders = programFolders(store.location, ctx.environment);
  const taskFolder = await sharedTaskFolder(store, { task, models: method, data }, folders.exports, cancel);
  ctx.begun();
  const folder = join(folders.programs, output.key);
  const { seconds, peakRssBytes, ...read } = await scoreByProgram({
    argv: program.argv,
    taskFolder,
    task: points,
    folder,
    params: { ...params } as Readonly<Record<string, Json>>,
    seed,
    random: deriveSeed(task.spec.seed, task.key, 'method', id, seed),
    checkpoints: checkpoints.length,
    trajectory: Number(trajectory?.made.snapshots ?? 0),
    limits,
    about: program.about,
    cancel,
    progress,
  });
  checkShape(read.output, job, program.argv.join(' '));
  return { scores: read.scores, report: { seconds, ...(peakRssBytes > 0 && { peakRssBytes }) } };
}

function nothingToExport(task: string): BenchError {
  return new BenchError({
    code: 'METHOD_INPUT',
    place: task,
    message: 'has nothing to give to a program: only its truth is known',
    next: 'name files of scores instead: use: scores',
  });
}

/** The reason of a failed cell names the file that is at fault. */
async function withPlace<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof BenchError) || error.place === undefined) throw error;
    const { code, place, message, next } = error;
    throw new BenchError({
      code,
      message: `${basename(place)} ${message}`,
      next,
      cause: error,
    });
  }
}

/** What a row of a board is of is known before there are scores. @throws BenchError SCORES_SHAPE */
function checkShape(found: ScoreShape, { scoreShape }: ExternalJob, place: string): void {
  if (found === scoreShape) return;
  throw new BenchError({
    code: 'SCORES_SHAPE',
    place,
    message:
      found === 'global'
        ? 'gives one score for each training point, and the grid expects one for each query and training point'
        : 'gives a score for each query and training point, and the grid expects one for each training point',
    next: found === 'global' ? 'say global: true in the grid' : 'leave global out of the grid',
  });
}
