import { isClaimed, openStore } from '@attribution-bench/store';
import { deviceOfStep } from '../executors/local/device-step.js';
import type { RunOutcome } from '../journal/events.js';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';
import { type PackedPlan, readPack } from './pack-file.js';
import { isStored } from './stored-steps.js';

/** About so many seconds of work are taken at a time. What is less than the least is worth little more than what it costs. */
const leastSeconds = 0.25;
const mostSeconds = 30;
const mostSteps = 64;
/** In how many places of a pack it is looked for steps that are left. */
const stretches = 8;
/** After so many packs in a row with nothing to take, the others are taken for done too. */
const mostInVain = 8;

type Pack = Pick<PackedPlan, 'steps' | 'cpus' | 'seconds'>;

/**
 * Does steps of other packs of an array, from their ends, since their own tasks work from the front. What others are at is left
 * to them, and nothing is waited for.
 * @param own a pack of the array, all of whose steps were tried
 * @param secondsLeft how much time the task has left
 * @param run does a part of a pack, without waiting
 */
export async function stealSteps(
  { folder, index }: { readonly folder: string; readonly index: number },
  own: PackedPlan,
  secondsLeft: () => number,
  run: (part: PackedPlan) => Promise<RunOutcome>,
): Promise<void> {
  const store = openStore(own.storeLocation);
  // One at which another task died or failed is left to its own too: it may end whoever tries it.
  const isTaken = async (step: PlannedStep): Promise<boolean> =>
    (await isStored(store, step)) || (await isClaimed(store, step.outputs[0]));
  let inVain = 0;
  for (let n = 0; n < own.tasks && inVain < mostInVain; n++) {
    // Tasks begin in the order of their numbers: tasks that end together begin with different packs, and with some that began later.
    const other = (index + Math.ceil(own.tasks / 2) + n) % own.tasks;
    if (other === index) continue;
    const pack = await readPack(folder, other).catch(() => undefined);
    // Packs are removed when nothing is left of the whole run.
    if (pack === undefined) return;
    inVain++;
    const each = secondsOfStep(pack);
    let ready = stealable(pack);
    for (;;) {
      const most = Math.max(pack.cpus, Math.min(mostSteps, Math.ceil((mostSeconds * pack.cpus) / each)));
      const chosen = await chooseSteps(ready, most, isTaken);
      if (chosen.length === 0 || (chosen.length * each) / pack.cpus < leastSeconds) break;
      if (secondsLeft() < 2 * each) return;
      const { counts, incomplete } = await run(partOf(pack, chosen));
      if (incomplete !== undefined) return;
      if (counts.done === 0) break;
      inVain = 0;
      const tried = new Set(chosen);
      ready = ready.filter((step) => !tried.has(step));
    }
  }
}

/**
 * Steps of a pack that another task may do, in the order in which its own task does them: those that need nothing of the pack, and
 * are known to be done by their results. Those that its own task begins with are left to it.
 */
function stealable({ steps, cpus }: Pack): PlannedStep[] {
  const needed = steps.filter((step) => step.needed);
  const own = new Set(needed.map(({ id }) => id));
  return needed
    .filter(({ needs, reason, job }) => {
      const isReady = !needs.some((need) => own.has(need));
      return isReady && reason !== 'forced' && deviceOfStep(job) === undefined;
    })
    .sort((a, b) => definitionOf(b).priority - definitionOf(a).priority)
    .slice(cpus);
}

/**
 * Some of the steps that nobody has taken, the last first. What is left of a pack lies together, so that a look at the first step of
 * each of a few stretches finds it, unless it is little.
 * @param most of them
 */
export async function chooseSteps<Step>(
  ready: readonly Step[],
  most: number,
  isTaken: (step: Step) => Promise<boolean>,
): Promise<Step[]> {
  const length = Math.ceil(ready.length / stretches);
  for (let from = length * (stretches - 1); from >= 0 && length > 0; from -= length) {
    if (from >= ready.length || (await isTaken(ready[from]))) continue;
    const open: Step[] = [];
    for (let at = Math.min(from + length, ready.length) - 1; at >= 0 && open.length < most; at--) {
      if (at === from || !(await isTaken(ready[at]))) open.push(ready[at]);
      else if (at < from) break;
    }
    return open;
  }
  return [];
}

/** Predicted seconds of a worker for each step of a pack, on average. */
function secondsOfStep({ steps, seconds }: Pack): number {
  return seconds / Math.max(1, steps.filter(({ needed }) => needed).length);
}

/** A pack of some of the steps of another one, with what they read. */
function partOf(pack: PackedPlan, chosen: readonly PlannedStep[]): PackedPlan {
  const needs = new Set(chosen.flatMap((step) => step.needs));
  return { ...pack, steps: [...pack.steps.filter(({ id }) => needs.has(id)), ...chosen] };
}
