import { metrics } from '@attribution-bench/metrics';
import { isModelPath, type TaskSpec } from '@attribution-bench/tasks';
import type { StepJob } from '../model/job.js';
import type { UserModule } from './messages.js';

/** What of a step is not this project's code. */
export interface UserCode {
  readonly modules: readonly UserModule[];
  /** The same for steps that may be done in one process after the other. */
  readonly id: string;
}

/** The user code that a step runs: a method, a model, an ONNX file of a feature extractor; undefined when there is none. */
export function userCodeOf(job: StepJob): UserCode | undefined {
  const modules = [...methodOf(job), ...modelOf(job)];
  const extractor = extractorOf(job);
  if (modules.length === 0 && extractor === '') return undefined;
  return { modules, id: JSON.stringify([modules, extractor]) };
}

function methodOf(job: StepJob): UserModule[] {
  if ((job.kind !== 'fit' && job.kind !== 'score') || !job.method.isolated) return [];
  return [{ kind: 'method', use: job.method.id, place: job.method.url }];
}

function modelOf(job: StepJob): UserModule[] {
  const spec = networkSpec(job);
  if (spec === undefined || !isModelPath(spec.model.use)) return [];
  return [{ kind: 'model', use: spec.model.use, place: spec.model.use }];
}

/** The task whose network a step computes with. */
function networkSpec(job: StepJob): TaskSpec | undefined {
  switch (job.kind) {
    case 'generate':
      return job.spec;
    case 'metric':
      return metrics[job.metric].retrainings === undefined ? undefined : job.task.spec;
    case 'task':
    case 'train':
    case 'retrain':
    case 'fit':
    case 'score':
      return job.task.spec;
    default:
      return undefined;
  }
}

function extractorOf(job: StepJob): string {
  if (job.kind === 'fit' || job.kind === 'score') return String(job.method.params.extractor ?? '');
  if (job.kind !== 'metric') return '';
  const space = metrics[job.metric].imageSpace?.(job.params);
  return space?.space === 'onnx' ? space.extractor.file : '';
}
