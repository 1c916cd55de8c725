import type { Claim } from '@attribution-bench/store';
import type { PlannedStep } from '../model/step.js';
import { indexSteps } from '../steps/step-index.js';
import { isQuick } from './pack-results.js';
import type { RunParts } from './run-parts.js';
import { type Attempt, failStep, settle } from './settle.js';
import { secondsBefore, storedValue } from './step-kinds.js';
import { findResults, lostResults } from './stored-results.js';
import { type JudgeOptions, judge } from './verdict.js';

/** How often a step whose inputs were lost is begun, the first time included. */
const triesAtMost = 3;

/** Makes one attempt at a step. Calls `free` when it is done and only its results wait to be stored together with others. */
export type AttemptStep = (step: PlannedStep, free: () => void) => Promise<void>;

/**
 * Does steps, each to the end of one attempt: unless another process has done it, is at it, or has failed at it. What follows
 * is settled, which makes other steps ready, or the same one again.
 */
export function attemptSteps(run: RunParts): AttemptStep {
  const { claims, lastClaim, stop, states, awaited } = run;
  const judging = judgingOf(run);
  return async (step, free) => {
    if (stop.reason !== undefined || states.of(step.id) !== 'waiting') return;
    states.start(step.id);
    const claim = await claims.take(step.outputs[0]);
    await lastClaim.release();
    if (claim.status === 'theirs') {
      states.wait(step.id);
      awaited.add(step.id);
      return;
    }
    if (claim.status === 'failed') failStep(run, step, claim.error);
    else settle(run, step, await holding(run, claim, () => findOrMake(run, step, judging, free)));
    awaited.lookSoon();
  };
}

/** Has steps done by other runs, each to the end of one attempt: they take the claims, and note what results cost. */
export function delegateSteps(run: RunParts): AttemptStep {
  const { store, stop, states, running, costs } = run;
  const judging = judgingOf(run);
  return async (step) => {
    if (stop.reason !== undefined || states.of(step.id) !== 'waiting') return;
    states.start(step.id);
    const ended = await running.run(step, 0);
    const { cost } = ended;
    const verdict = await judge(ended, judging);
    if (verdict.type === 'stopped' && stop.reason !== undefined) return settle(run, step, { type: 'left' });
    if (verdict.type !== 'done') return settle(run, step, { ...verdict, cost });
    costs.forecast.note(step, cost.seconds);
    const value = await storedValue(store, step);
    const report = { ...verdict.result.report, ...(value !== undefined && { value }) };
    settle(run, step, { type: 'done', result: { ...verdict.result, report }, cost });
  };
}

function judgingOf({ plan, store, stop }: RunParts): JudgeOptions {
  const byId = indexSteps(plan.steps);
  const tries = new Map<string, number>();
  return {
    budget: plan.grid.budget,
    isStopping: () => stop.reason !== undefined,
    mayTryAgain(id) {
      const count = (tries.get(id) ?? 1) + 1;
      tries.set(id, count);
      return count <= triesAtMost;
    },
    lostInputs: (id) => lostResults(id, byId, store),
  };
}

/** Ends a claim after an attempt, however that ends; a failure stays there for other processes to read. */
async function holding(
  { lastClaim }: RunParts,
  claim: Extract<Claim, { status: 'ours' }>,
  attempt: () => Promise<Attempt>,
): Promise<Attempt> {
  let made: Attempt | undefined;
  try {
    made = await attempt();
    return made;
  } finally {
    if (made?.type === 'done') lastClaim.keep(claim);
    else await claim.release(made?.type === 'failed' ? made.error : undefined);
  }
}

async function findOrMake(run: RunParts, step: PlannedStep, judging: JudgeOptions, free: () => void): Promise<Attempt> {
  const { store, stop, running, costs } = run;
  if (!isForced(step) && (await findResults(store, step)))
    return { type: 'found', value: await storedValue(store, step) };
  const spent = await secondsBefore(store, step);
  if (stop.reason !== undefined) return { type: 'left' };
  const ended = await running.run(step, spent);
  const { cost } = ended;
  const verdict = await judge(ended, judging);
  if (verdict.type !== 'done') return { ...verdict, cost };
  const isStored = verdict.result.gathered === undefined;
  if (!isStored && isQuick(cost)) free();
  const unwritten = await costs.note(step, verdict.result, cost);
  if (unwritten !== undefined && !isStored) return { type: 'unwritable', error: unwritten, cost };
  return { ...verdict, cost, unwritten };
}

/** Whether a step is to be done again although its result is stored. */
function isForced({ reason }: PlannedStep): boolean {
  return reason === 'forced';
}
