import PQueue from 'p-queue';
import type { Executor } from '../executors/executor.js';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';

/** The steps that can be done now: as many side by side as the executor takes, those of the highest priority first. */
export interface ReadySteps {
  add(step: PlannedStep): void;
  /** From now on the step is done when no other one is. */
  keepAlone(id: string): void;
  /** Whether one more step would begin at once. */
  readonly hasRoom: boolean;
  /** Whether nothing is left and nothing is being done. */
  readonly isEmpty: boolean;
  /** Forgets those that have not begun. */
  clear(): void;
  /** Resolves when all side by side have ended and, where there is one, the next one alone. @throws what `perform` throws */
  settled(): Promise<void>;
}

/**
 * @param share told how many of the places each step can have that is being done, whenever that changes: several where fewer
 * are left than places
 * @param perform does a step to its end
 * @param onDefect called when it rejects, which `settled` does afterwards
 */
export function queueSteps(
  { capacity, allow: share }: Pick<Executor, 'capacity' | 'allow'>,
  perform: (step: PlannedStep) => Promise<void>,
  onDefect: () => void,
): ReadySteps {
  const queue = new PQueue({ concurrency: capacity });
  if (share !== undefined) queue.on('active', tellShare).on('next', tellShare);
  const aloneIds = new Set<string>();
  const alone: PlannedStep[] = [];
  let isAlone = false;
  let defect: { readonly error: unknown } | undefined;
  let told = 1;
  function tellShare(): void {
    const threads = queue.size > 0 ? 1 : Math.max(1, Math.floor(capacity / Math.max(1, queue.pending)));
    if (threads !== told) share?.(threads);
    told = threads;
  }
  const guarded = (step: PlannedStep): Promise<void> =>
    perform(step).catch((error: unknown) => {
      defect ??= { error };
      onDefect();
    });
  return {
    add(step) {
      if (aloneIds.has(step.id)) alone.push(step);
      else void queue.add(() => guarded(step), { priority: definitionOf(step).priority });
    },
    keepAlone: (id) => void aloneIds.add(id),
    get hasRoom() {
      return queue.size === 0 && queue.pending < capacity && !isAlone;
    },
    get isEmpty() {
      return queue.size + queue.pending + alone.length === 0;
    },
    clear() {
      queue.clear();
      alone.length = 0;
    },
    async settled() {
      await queue.onIdle();
      const next = alone.shift();
      isAlone = next !== undefined;
      if (next !== undefined) await queue.add(() => guarded(next));
      isAlone = false;
      if (defect !== undefined) throw defect.error;
    },
  };
}
