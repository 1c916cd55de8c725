import type { StepJob } from '../model/job.js';
import { makeDataset } from './dataset.js';
import { describeTask } from './describe-task.js';
import { diagnoseGenerated } from './diagnose.js';
import { fitMethod } from './fit.js';
import { makeGenerated } from './generate.js';
import { evaluateMetric } from './metric.js';
import { retrainSubsets } from './retrain.js';
import { scoreMethod } from './score.js';
import { trainCheckpoint } from './train.js';
import { assembleTruth } from './truth.js';
import type { StepReport, Workshop } from './workshop.js';

/** Does one step. @throws Cancelled, or a BenchError that says why it cannot be done */
export function runStep(job: StepJob, workshop: Workshop): Promise<StepReport> {
  switch (job.kind) {
    case 'dataset':
      return makeDataset(job, workshop);
    case 'generate':
      return makeGenerated(job, workshop);
    case 'diagnose':
      return diagnoseGenerated(job, workshop);
    case 'task':
      return describeTask(job, workshop);
    case 'train':
      return trainCheckpoint(job, workshop);
    case 'retrain':
      return retrainSubsets(job, workshop);
    case 'truth':
      return assembleTruth(job, workshop);
    case 'fit':
      return fitMethod(job, workshop);
    case 'score':
      return scoreMethod(job, workshop);
    case 'metric':
      return evaluateMetric(job, workshop);
  }
}
