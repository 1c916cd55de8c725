import type { StepJob } from '../model/job.js';
import { externalStep } from './kinds/external.js';
import { type ScoringJob, scoreStep } from './kinds/score.js';

/** The job of a step where that makes the scores of a cell, whoever computes them. */
export function scoringJobOf(step: { readonly job: StepJob } | undefined): ScoringJob | undefined {
  return scoreStep.jobOf(step) ?? externalStep.jobOf(step);
}
