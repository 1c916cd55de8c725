import type { Executor } from '../executors/executor.js';
import { memoryMeter } from '../executors/memory-meter.js';
import type { PlannedStep } from '../model/step.js';
import { aboutStep, type Emit } from './events.js';
import type { RunningSteps } from './running-steps.js';

/** Steps that other runs do: their budgets and their memory are watched there, and they have begun when that was told. */
export function openDelegatedSteps(executor: Executor, emit: Emit): RunningSteps {
  const begun = new Map<string, { readonly step: PlannedStep; readonly atMs: number }>();
  const waiting = new Set<() => void>();
  const memory = memoryMeter();
  let cancelled = false;
  return {
    async run(step) {
      const execution = executor.start(step, (message) => {
        if (message.type === 'begun') {
          begun.set(step.id, { step, atMs: performance.now() });
          emit({ type: 'step-started', ...aboutStep(step) });
        } else if (message.type === 'log') emit({ ...message, step: step.id });
      });
      const cancel = (): void => execution.cancel();
      waiting.add(cancel);
      if (cancelled) cancel();
      const result = await execution.result;
      waiting.delete(cancel);
      begun.delete(step.id);
      const { seconds, peakRssBytes = 0 } = result.status === 'done' ? result.report : { seconds: 0 };
      return { step, result, cost: { seconds, peakRssBytes }, over: undefined, isolated: false };
    },
    get labels() {
      return [...begun.values()].map(({ step }) => step.label);
    },
    secondsSince(id) {
      const known = begun.get(id);
      return known && (performance.now() - known.atMs) / 1000;
    },
    memory,
    cancelAll() {
      cancelled = true;
      for (const cancel of waiting) cancel();
    },
    close: () => memory.stop(),
  };
}
