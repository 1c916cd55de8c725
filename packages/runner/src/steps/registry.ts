import { BenchError, type PlainError } from '@attribution-bench/contract';
import type { StepJob } from '../model/job.js';
import type { StepReport } from '../model/work.js';
import { datasetStep } from './kinds/dataset.js';
import { describeStep } from './kinds/describe-task.js';
import { diagnoseStep } from './kinds/diagnose.js';
import { externalStep } from './kinds/external.js';
import { foreignTruthStep } from './kinds/foreign-truth.js';
import { generateStep } from './kinds/generate.js';
import { metricStep } from './kinds/metric.js';
import { ownSubsetsStep } from './kinds/own-subsets.js';
import { retrainStep } from './kinds/retrain.js';
import { scoreStep } from './kinds/score.js';
import { stageSteps } from './kinds/stage.js';
import { subsetCheckpointsStep } from './kinds/subset-checkpoints.js';
import { subsetModelsStep } from './kinds/subset-models.js';
import { subsetsStep } from './kinds/subsets.js';
import { trainStep } from './kinds/train.js';
import { truthStep } from './kinds/truth.js';
import type { StepContext } from './step-context.js';
import type { StepDefinition } from './step-definition.js';

const definitions = new Map<string, StepDefinition>();

/** Makes a kind of step known to this process. @throws BenchError STEP_KIND when another definition has its name */
export function registerStep(definition: StepDefinition): void {
  const { kind } = definition;
  if ((definitions.get(kind) ?? definition) !== definition)
    throw new BenchError({ code: 'STEP_KIND', message: `there are two kinds of step with the name "${kind}"` });
  definitions.set(kind, definition);
}

const own = [
  datasetStep,
  generateStep,
  diagnoseStep,
  describeStep,
  foreignTruthStep,
  subsetsStep,
  trainStep,
  retrainStep,
  truthStep,
  subsetCheckpointsStep,
  subsetModelsStep,
  ownSubsetsStep,
  stageSteps.fit,
  stageSteps.queries,
  externalStep,
  scoreStep,
  metricStep,
];
for (const definition of own) registerStep(definition);

/** All kinds of steps that this process knows. */
export function stepDefinitions(): readonly StepDefinition[] {
  return [...definitions.values()];
}

/** What is to be known of a kind of step. @throws BenchError STEP_KIND when it is not known */
export function definitionOf({ kind }: Pick<StepJob, 'kind'>): StepDefinition {
  const definition = definitions.get(kind);
  if (definition !== undefined) return definition;
  throw new BenchError({ code: 'STEP_KIND', message: `there is no kind of step with the name "${kind}"` });
}

/** Whether results of a step are kept many to an object. @throws BenchError STEP_KIND when its kind is not known */
export function isPacked({ job }: { readonly job: Pick<StepJob, 'kind'> }): boolean {
  return definitionOf(job).many === true;
}

/** Does one step. @throws Cancelled, or a BenchError that says why it cannot be done */
export async function runStep(job: StepJob, ctx: StepContext): Promise<StepReport> {
  if (job.module !== undefined && !definitions.has(job.kind)) registerStep((await import(job.module)).default);
  return definitionOf(job).run(job, ctx);
}

/** A failure in one line: where, what, and what to do. @param step where it happened */
export function failureLine(
  { message, next }: PlainError,
  step?: { readonly kind: string; readonly label: string },
): string {
  const where = step === undefined ? '' : `${definitionOf(step).cell === undefined ? step.label : step.kind}: `;
  return `${where}${message}${next === undefined ? '' : `, ${next}`}`;
}
