import type { Claims, Store } from '@attribution-bench/store';
import type { Executor } from '../executors/executor.js';
import type { RunnablePlan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import type { AwaitedSteps } from './awaited-steps.js';
import type { CostBook } from './cost-book.js';
import type { Emit } from './events.js';
import type { LastClaim } from './last-claim.js';
import type { Ledger } from './ledger.js';
import type { ReadySteps } from './ready-steps.js';
import type { RunningSteps } from './running-steps.js';
import type { StepStates } from './step-states.js';
import type { StopSwitch } from './stop-switch.js';

/** What a run that is under way consists of. */
export interface RunParts {
  readonly plan: RunnablePlan;
  readonly failFast: boolean;
  /** Steps that it has to do, or to see done. */
  readonly wanted: readonly PlannedStep[];
  readonly store: Store;
  readonly claims: Claims;
  readonly lastClaim: LastClaim;
  readonly executor: Executor;
  readonly emit: Emit;
  readonly stop: StopSwitch;
  readonly states: StepStates;
  /** Steps on their way: to be begun here, at others, begun here. */
  readonly ready: ReadySteps;
  readonly awaited: AwaitedSteps;
  readonly running: RunningSteps;
  readonly ledger: Ledger;
  readonly costs: CostBook;
}
