import { deserialize, serialize } from 'node:v8';
import { isObject } from '@attribution-bench/contract';
import { readRegularFile, writeAtomically } from '@attribution-bench/store';
import type { Plan, RunnablePlan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import { indexSteps, type StepIndex } from '../steps/step-index.js';
import { packFile, type Submission, unknownRun } from './run-folder.js';

/** What a task of an array does: a part of a plan that needs nothing but the store. */
export interface PackedPlan extends RunnablePlan {
  readonly schema: typeof schema;
  /** How many tasks the array has. */
  readonly tasks: number;
  /** Predicted seconds of one worker. */
  readonly seconds: number;
  /** Workers of the task. */
  readonly cpus: number;
  /** Minutes that the scheduler gives it. */
  readonly minutes: number;
  /** Whether all tasks of the run keep to one model of processors. */
  readonly pinCpu: boolean;
}

const schema = 'bench/slurm-pack@3';

export interface PackSettings extends Pick<PackedPlan, 'cpus' | 'minutes' | 'pinCpu'> {}

/**
 * Writes the pack of each task of a submission.
 * @param seconds predicted for each, of one worker
 * @throws BenchError STORE_UNWRITABLE, STORE_FULL or STORE_WRITE
 */
export async function writePacks(
  plan: Plan,
  submission: Submission,
  seconds: readonly number[],
  settings: PackSettings,
): Promise<void> {
  const { grid, resultsFolder, storeLocation, environment } = plan;
  const steps = indexSteps(plan.steps);
  for (const [index, ids] of submission.packs.entries()) {
    const packed: PackedPlan = {
      schema,
      ...settings,
      tasks: submission.packs.length,
      seconds: seconds[index] ?? 0,
      grid: { name: grid.name, budget: grid.budget },
      resultsFolder,
      storeLocation,
      environment,
      cells: [],
      code: [],
      steps: stepsOfPack(ids, steps),
    };
    // Jobs hold what goes to worker threads, typed arrays among it, which JSON has no words for.
    await writeAtomically(packFile(submission, index), serialize(packed));
  }
}

/** The steps of a pack and, as steps that are done, those of other packs whose results they read. */
function stepsOfPack(ids: readonly string[], steps: StepIndex): PlannedStep[] {
  const own = new Set(ids);
  const planned = ids.map((id) => steps.get(id) as PlannedStep);
  const others = new Set(planned.flatMap(({ needs }) => needs).filter((id) => !own.has(id)));
  return [
    ...[...others].map((id): PlannedStep => {
      const { reason: _, ...step } = steps.get(id) as PlannedStep;
      return { ...step, status: 'cached', needed: false, reported: false, needs: [] };
    }),
    ...planned.map((step): PlannedStep => ({ ...step, status: 'missing', needed: true })),
  ];
}

/** @throws BenchError SLURM_RUN for what is no pack */
export async function readPack(folder: string, index: number): Promise<PackedPlan> {
  const file = packFile({ folder }, index);
  const pack: unknown = await readRegularFile(file)
    .then(deserialize)
    .catch(() => undefined);
  if (!isObject(pack) || pack.schema !== schema) throw unknownRun(file);
  return pack as unknown as PackedPlan;
}
