import type { EstimateOptions } from '@attribution-bench/runner';
import { defaultCacheFolder } from '@attribution-bench/tasks/installed';

const noteMs = 3000;
/**
 * Of each worker, so that a plan takes less than ten seconds, and a submission no longer. What there is no time for counts with its
 * like, and is tried by the next plan.
 */
const budgetSeconds = 3.5;

/** How commands have steps timed that never ran here. @param say tells people of it */
export function trialOptions(
  say: (line: string) => void,
): Pick<EstimateOptions, 'budgetSeconds' | 'rememberedIn' | 'onProgress' | 'onFailure'> {
  let saidMs = 0;
  return {
    budgetSeconds,
    rememberedIn: defaultCacheFolder(),
    onProgress(done, total) {
      if (done !== total && performance.now() - saidMs < noteMs) return;
      saidMs = performance.now();
      say(`timing what never ran here: ${done} of ${total}`);
    },
    onFailure: (label, reason) => say(`not in the prediction: ${label}: ${reason}`),
  };
}
