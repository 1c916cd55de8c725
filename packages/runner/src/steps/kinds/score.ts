import { BenchError, type ScoreShape, type Stage, type TaskInfo } from '@attribution-bench/contract';
import type { ArtifactOutput, ArtifactRef } from '@attribution-bench/store';
import { readArtifact, writeArtifact } from '../../artifacts/codec.js';
import { stateArtifact } from '../../artifacts/method-state.js';
import { scoresArtifact, shapeOfScores } from '../../artifacts/scores.js';
import { type CellSource, type MethodSource, namesOf, type StepJob } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { TaskOfCells } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { madeUpScores } from '../made-up.js';
import { codeOfMethod, likenessOfMethod, openMethod } from '../method-context.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep } from '../step-definition.js';
import { type CellToPlan, madeOfMethod, type StageJob } from './stage.js';

export interface ScoreJob extends StepJob {
  readonly task: CellSource;
  readonly method: MethodSource;
  /** What it goes on from, by stage. */
  readonly stages: { readonly [stage in Stage]?: ArtifactRef };
  /** Whether a metric wants to know how much each point influences its own target. */
  readonly selfInfluence: boolean;
  readonly scoreShape: ScoreShape;
  readonly info: TaskInfo;
  readonly output: ArtifactOutput;
}

/** What metrics read of a step that makes scores, whoever computes them. */
export type ScoringJob = StepJob & Pick<ScoreJob, 'task' | 'method' | 'scoreShape' | 'info' | 'output'>;

/** What a method says of the queries. */
export const scoreStep = defineStep<ScoreJob>({
  kind: 'score',
  priority: 2,
  cell: { budgeted: true, after: ({ stages }) => Object.values(stages) },
  cost: {
    likeness: likenessOfMethod,
    standIn: ({ scoreShape, info }) => {
      const shape = shapeOfScores(scoreShape, info);
      return scoresArtifact(shape).encode(madeUpScores(shape));
    },
  },
  result: ({ scoreShape, info }) => scoresArtifact(shapeOfScores(scoreShape, info)),
  code: codeOfMethod,
  run: scoreMethod,
});

/** @param before the steps of the stages that it goes on from */
export function planScore(
  task: TaskOfCells,
  cell: CellToPlan,
  before: { readonly [stage in Stage]?: StepDraft<StageJob> },
  about: Pick<ScoreJob, 'scoreShape' | 'selfInfluence'>,
): StepDraft<ScoreJob> {
  const { source, info } = task;
  const { label, method, place, needs } = cell;
  const stages = Object.fromEntries(Object.entries(before).map(([stage, { job }]) => [stage, job.output]));
  const keys = Object.fromEntries(Object.entries(stages).map(([stage, { key }]) => [stage, key]));
  const output = scoreStep.output({ ...madeOfMethod(task, cell), stages: keys, selfInfluence: about.selfInfluence });
  return scoreStep.draft({
    label: `score ${label}`,
    task: namesOf(source).id,
    method: method.id,
    needs: [...Object.values(before).map(({ id }) => id), ...needs],
    outputs: [output],
    job: { task: source, method, stages, info, ...about, output },
    place: ['score', ...place],
  });
}

/** A method's scores, checked: right length, every one finite. */
async function scoreMethod(job: ScoreJob, ctx: StepContext): Promise<StepReport> {
  const { params } = job.method;
  const scoresShare = job.selfInfluence ? 0.5 : 1;
  const progress = (done: number) => ctx.progress(done * scoresShare);
  const notes = new Set<string>();
  const note = (message: string) => void notes.add(String(message));
  const opened = await openMethod(job.method, job.task, { ...ctx, progress, note });
  const { method, ctx: seen } = opened;
  const read = async (ref: ArtifactRef | undefined) => (ref ? readArtifact(ctx.store, ref, stateArtifact) : {});
  const [state, queries] = [await read(job.stages.fit), await read(job.stages.queries)];
  const shape = shapeOfScores(job.scoreShape, job.info);
  ctx.begun();
  const elapsed = stopwatch();
  const scores = await method.score(seen, params, state, queries);
  const spent = elapsed();
  checkNumbers('score', scores, shape);
  const selfInfluence = job.selfInfluence ? await method.selfInfluence?.(seen, params, state) : undefined;
  if (selfInfluence !== undefined) checkNumbers('selfInfluence', selfInfluence, shape.slice(-1));
  await writeArtifact(ctx.store, job.output, scoresArtifact(shape), {
    scores,
    ...(selfInfluence && { selfInfluence }),
    notes: [...notes],
  });
  return spent;
}

/** @throws BenchError METHOD_SCORES when it is not a Float32Array of the shape with finite numbers only */
function checkNumbers(what: string, values: unknown, shape: readonly number[]): void {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const pairwise = shape.length === 2;
  if (!(values instanceof Float32Array) || values.length !== size)
    throw new BenchError({
      code: 'METHOD_SCORES',
      message: `${what} returned ${values instanceof Float32Array ? `${values.length} numbers` : 'no Float32Array'}`,
      next: `return a Float32Array of ${size} numbers [${pairwise ? 'queries × train' : 'train'} = ${shape.join(' × ')}]`,
    });
  const first = values.findIndex((value) => !Number.isFinite(value));
  if (first === -1) return;
  const bad = values.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
  const columns = shape[shape.length - 1];
  const place = `${pairwise ? `query ${Math.floor(first / columns)}, ` : ''}training point ${first % columns}`;
  throw new BenchError({
    code: 'METHOD_SCORES',
    message: `${what} returned ${bad} of ${size} numbers that are not finite, the first ${values[first]} at ${place}`,
    next: 'look for a division by 0 or a ridge that is too small',
  });
}
