import { BenchError } from '@attribution-bench/contract';
import { type ArtifactRef, openClaims, openStore, removeLeftovers } from '@attribution-bench/store';
import { openLocalExecutor } from '../executors/local/local-executor.js';
import { readHistory } from '../journal/cost-history.js';
import type { RunnablePlan } from '../model/plan.js';
import { awaitSteps } from './awaited-steps.js';
import { openCostBook } from './cost-book.js';
import { openDelegatedSteps } from './delegated-steps.js';
import type { Emit } from './events.js';
import { startHeartbeat } from './heartbeat.js';
import { keepLastClaim } from './last-claim.js';
import { openLedger } from './ledger.js';
import { openPacking, type Packing } from './pack-results.js';
import { queueSteps } from './ready-steps.js';
import type { RunOptions } from './run-options.js';
import type { RunParts } from './run-parts.js';
import { openRunningSteps } from './running-steps.js';
import { attemptSteps, delegateSteps } from './step-attempts.js';
import { trackSteps } from './step-states.js';
import { openStopSwitch } from './stop-switch.js';

/** A run that is under way. */
export interface OpenRun extends RunParts {
  /** Stops what still runs, waits for it, and ends the executor and everything that watches. */
  close(): Promise<void>;
}

/** @throws BenchError when the results folder cannot be read or written, or what the executor cannot be opened for */
export async function openRun(plan: RunnablePlan, options: RunOptions, emit: Emit): Promise<OpenRun> {
  const store = openStore(plan.storeLocation, ({ reason, movedTo }) =>
    emit({ type: 'log', level: 'warning', message: `a stored result ${reason}; it was set aside as ${movedTo}` }),
  );
  if (options.job === undefined) await removeLeftovers(plan.resultsFolder);
  const { executor: openExecutor = openLocalExecutor } = options;
  const executor = await openExecutor({ plan, storeLocation: store.location, jobs: options.jobs });
  try {
    const claims = await openClaims(store, { ...options, ...(options.job && { only: claimed(plan) }) });
    const packing = openPacking(store, claims, plan);
    const costs = openCostBook(store, packing, await readHistory(plan.resultsFolder));
    return assemble(plan, options, { emit, store, executor, claims, lastClaim: keepLastClaim(), costs }, packing);
  } catch (error) {
    await executor.close();
    throw error;
  }
}

/** What a run may take the claims of: a step is claimed by its first result. */
function claimed({ steps }: RunnablePlan): ArtifactRef[] {
  return steps.filter(({ needed }) => needed).map(({ outputs }) => outputs[0]);
}

type Opened = Pick<RunParts, 'emit' | 'store' | 'executor' | 'claims' | 'lastClaim' | 'costs'>;

function assemble(plan: RunnablePlan, options: RunOptions, opened: Opened, packing: Packing): OpenRun {
  const { emit, executor, claims } = opened;
  const stop = openStopSwitch(options, halt);
  const states = trackSteps(plan.steps, (step) => ready.add(step));
  const ready = queueSteps(executor, {
    perform: (step, free) => attempt(step, free),
    onDefect: () => stop.stop('cancelled'),
    onIdle: packing.writeNow,
  });
  const awaited = awaitSteps(
    () => ready.hasRoom,
    (id) => states.of(id) === 'waiting' && states.retry(id),
  );
  if (options.leavesOthers === true) awaited.close();
  const delegates = executor.delegates !== undefined;
  const running = delegates ? openDelegatedSteps(executor, emit) : openRunningSteps(executor, plan.grid.budget, emit);
  const ledger = openLedger(plan, states, emit, () => running.memory.rssBytes);
  const wanted = plan.steps.filter(({ needed }) => needed);
  const failFast = options.failFast === true;
  const run: RunParts = { ...opened, plan, failFast, wanted, stop, states, ready, awaited, running, ledger };
  const attempt = delegates ? delegateSteps(run) : attemptSteps(run);
  const endHeartbeat = startHeartbeat(run);
  options.abandon?.addEventListener('abort', claims.giveBack);

  function halt(): void {
    ready.clear();
    awaited.close();
    running.cancelAll();
  }

  return {
    ...run,
    async close() {
      halt();
      stop.close();
      // What it may throw was thrown to who waited for it.
      await ready.settled().catch(() => undefined);
      await opened.lastClaim.release();
      await executor.close();
      endHeartbeat();
      running.close();
      const { reason, storeError } = stop;
      if (storeError === undefined)
        await packing.close(reason !== undefined).catch((error: unknown) => emit(notPacked(error)));
      claims.close();
      options.abandon?.removeEventListener('abort', claims.giveBack);
    },
  };
}

/** What is not packed is stored all the same. */
function notPacked(error: unknown): Parameters<Emit>[0] {
  if (!(error instanceof BenchError)) throw error;
  return { type: 'log', level: 'warning', message: `results stay objects of their own: ${error.line}` };
}
