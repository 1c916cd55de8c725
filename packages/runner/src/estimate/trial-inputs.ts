import type { TaskInfo } from '@attribution-bench/contract';
import type { Store } from '@attribution-bench/store';
import { likeness } from '../journal/cost-history.js';
import type { Plan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';
import { indexSteps } from '../steps/step-index.js';

/** Sees to it that trials find what they read. */
interface TrialInputs {
  /** Provides the results of steps: those that are stored, those of like steps that were tried, or made-up ones. */
  provide(needs: readonly string[]): Promise<void>;
}

/** @param trials the store of the trials, apart from the one with the results */
export function trialInputs(plan: Plan, results: Store, trials: Store): TrialInputs {
  const steps = indexSteps(plan.steps);
  const infos = new Map(plan.tasks.map(({ info }) => [info.id, info]));

  async function provideFor(step: PlannedStep): Promise<void> {
    const [output] = step.outputs;
    if (await trials.has(output)) return;
    if (await results.has(output)) return trials.copyFrom(results, output);
    const { standIn } = definitionOf(step.job).cost;
    if (standIn === undefined) return;
    const tried = await triedLike(step);
    if (tried === undefined) return trials.write(output, standIn(step.job, infos.get(step.task) as TaskInfo));
    const { arrays, metadata } = await trials.read(tried.outputs[0]);
    const { made: _, ...about } = metadata;
    await trials.write(output, { arrays, metadata: about });
  }

  /** A step that costs the same, whose result a trial has made. */
  async function triedLike(step: PlannedStep): Promise<PlannedStep | undefined> {
    const name = likeness(step);
    for (const other of plan.steps)
      if (other.kind === step.kind && likeness(other) === name && (await trials.has(other.outputs[0]))) return other;
    return undefined;
  }

  return {
    async provide(needs) {
      for (const id of needs) await provideFor(steps.get(id) as PlannedStep);
    },
  };
}
