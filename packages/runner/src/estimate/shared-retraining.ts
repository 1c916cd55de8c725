import { deriveSeed, hashJson, Rng } from '@attribution-bench/contract';
import { metrics } from '@attribution-bench/metrics';
import type { MetricJob } from '../model/job.js';
import { groupsOf } from '../steps/retrain-for-metric.js';
import { madeUpScores } from './stand-ins.js';

/**
 * Share of the training for a metric that does not depend on the scores, so that cells share it.
 * @param stack models that the task trains at once
 */
export function sharedRetraining(job: MetricJob, stack: number): number {
  const metric = metrics[job.metric];
  const { spec, key } = job.task;
  const wanted = (seed: number) => {
    const { scores } = madeUpScores(job, seed);
    const context = { task: job.info, scores: scores.data as Float32Array, scoreShape: job.scoreShape };
    const rng = new Rng(deriveSeed(spec.seed, key, 'metric', job.metric));
    const requests = metric.retrainings?.(context, job.params, job.report, rng) ?? [];
    return requests.map((request) => ({
      name: hashJson({ members: request.members.map((set) => [...set]), seed: request.seed }),
      groups: groupsOf(request, stack),
    }));
  };
  const [one, other] = [wanted(1), wanted(2)];
  const groups = (requests: typeof one) => requests.reduce((sum, request) => sum + request.groups, 0);
  const common = new Set(other.map(({ name }) => name));
  return groups(one.filter(({ name }) => common.has(name))) / groups(one);
}
