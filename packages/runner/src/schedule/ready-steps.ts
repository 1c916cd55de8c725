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

export interface QueueOptions {
  /** Does a step to its end. Once it calls `free`, another one may begin: what is left to do waits for other steps. */
  perform(step: PlannedStep, free: () => void): Promise<void>;
  /** Called when that rejects, which `settled` does afterwards. */
  onDefect(): void;
  /** Called when no step is being done but those that wait for others: they are not to wait any longer. */
  onIdle(): void;
}

/**
 * @param share told how many of the places each step can have that is being done, whenever that changes: several where fewer
 * are left than places
 */
export function queueSteps(
  { capacity, allow: share }: Pick<Executor, 'capacity' | 'allow'>,
  { perform, onDefect, onIdle }: QueueOptions,
): ReadySteps {
  const queue = new PQueue({ concurrency: capacity });
  if (share !== undefined) queue.on('active', tellShare).on('next', tellShare);
  const aloneIds = new Set<string>();
  const alone: PlannedStep[] = [];
  const ending = new Set<Promise<void>>();
  let isAlone = false;
  let defect: { readonly error: unknown } | undefined;
  let told = 1;
  function tellShare(): void {
    const threads = queue.size > 0 ? 1 : Math.max(1, Math.floor(capacity / Math.max(1, queue.pending)));
    if (threads !== told) share?.(threads);
    told = threads;
  }

  /** Resolves when another step may begin. */
  function begin(step: PlannedStep): Promise<void> {
    return new Promise((free) => {
      const end = perform(step, free).catch((error: unknown) => {
        defect ??= { error };
        onDefect();
      });
      ending.add(end);
      void end.then(() => {
        ending.delete(end);
        free();
      });
    });
  }

  /** Until all have ended, and those that became ready by that. */
  async function sideBySide(): Promise<void> {
    do {
      await queue.onIdle();
      onIdle();
      await Promise.all(ending);
    } while (queue.size + queue.pending > 0);
  }

  return {
    add(step) {
      if (aloneIds.has(step.id)) alone.push(step);
      else void queue.add(() => begin(step), { priority: definitionOf(step).priority });
    },
    keepAlone: (id) => void aloneIds.add(id),
    get hasRoom() {
      return queue.size === 0 && queue.pending < capacity && !isAlone;
    },
    get isEmpty() {
      return queue.size + queue.pending + ending.size + alone.length === 0;
    },
    clear() {
      queue.clear();
      alone.length = 0;
    },
    async settled() {
      await sideBySide();
      const next = alone.shift();
      isAlone = next !== undefined;
      if (next !== undefined) await queue.add(() => begin(next));
      isAlone = false;
      if (defect !== undefined) throw defect.error;
    },
  };
}
