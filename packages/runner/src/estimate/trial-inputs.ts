import { canonicalJson, type TaskInfo } from '@attribution-bench/contract';
import type { ArtifactOutput, Store } from '@attribution-bench/store';
import { likeness } from '../journal/likeness.js';
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

  async function provideFor(step: PlannedStep, output: ArtifactOutput): Promise<void> {
    if (await trials.has(output)) return;
    if (await results.has(output)) return trials.copyFrom(results, output);
    const { standIn } = definitionOf(step.job).cost;
    if (standIn === undefined) return;
    const tried = await triedLike(step, output);
    if (tried === undefined) return trials.write(output, standIn(step.job, infos.get(step.task) as TaskInfo, output));
    const { arrays, metadata } = await trials.read(tried);
    const { made: _, ...about } = metadata;
    await trials.write(output, { arrays, metadata: about });
  }

  /** The like result of a step that costs the same, which a trial has made. */
  async function triedLike(step: PlannedStep, output: ArtifactOutput): Promise<ArtifactOutput | undefined> {
    const name = likeness(step);
    const { cost } = definitionOf(step.job);
    const wanted = canonicalJson(cost.likeness(step.job, output.made));
    for (const other of plan.steps) {
      if (other.kind !== step.kind || likeness(other) !== name) continue;
      const alike = other.outputs.find(({ made }) => canonicalJson(cost.likeness(other.job, made)) === wanted);
      if (alike !== undefined && (await trials.has(alike))) return alike;
    }
    return undefined;
  }

  return {
    async provide(needs) {
      for (const id of needs) {
        const step = steps.get(id) as PlannedStep;
        for (const output of step.outputs) await provideFor(step, output);
      }
    },
  };
}
