import type { PlainError } from '@attribution-bench/contract';
import type { ArtifactCost } from '@attribution-bench/store';
import type { RunOutcome } from '../journal/events.js';
import type { RunnablePlan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import type { WorkResult } from '../model/work.js';
import { failureLine } from '../steps/registry.js';
import { indexSteps } from '../steps/step-index.js';
import { watchCells } from './cell-watch.js';
import { aboutStep, type Emit } from './events.js';
import type { StepStates } from './step-states.js';

/** The books of a run: how steps and cells ended, told as events as they do. */
export interface Ledger {
  readonly counts: Readonly<Pick<RunOutcome['counts'], 'done' | 'elsewhere' | 'failed' | 'blocked'>>;
  readonly failedCells: RunOutcome['failedCells'];
  /** Enters the cells that have failed before the run; how many they are. */
  enterBroken(): number;
  done(step: PlannedStep, result: Extract<WorkResult, { status: 'done' }>, cost: ArtifactCost): void;
  /** Another process has done it. @param value the number that its result says of its cell, if it does */
  elsewhere(step: PlannedStep, value: number | undefined): void;
  failed(step: PlannedStep, error: PlainError, cost?: ArtifactCost): void;
  /** It is to be tried again. */
  stopped(step: PlannedStep, cost: ArtifactCost, error?: PlainError): void;
}

/** @param rssBytes what is said of the memory of steps that did not run */
export function openLedger(plan: RunnablePlan, states: StepStates, emit: Emit, rssBytes: () => number): Ledger {
  const byId = indexSteps(plan.steps);
  const cells = watchCells(plan.cells, states);
  const values = new Map<string, number>();
  const failedCells: { cell: string; reason: string }[] = [];
  const counts = { done: 0, elsewhere: 0, failed: 0, blocked: 0 };
  const notRun = (): ArtifactCost => ({ seconds: 0, peakRssBytes: rssBytes() });

  function failCell(cell: string, reason: string): void {
    failedCells.push({ cell, reason });
    emit({ type: 'cell-finished', cell, status: 'failed', reason });
  }

  function tellCells(id: string): void {
    for (const { cell, failure } of cells.ended(id)) {
      if (failure !== undefined) {
        failCell(cell.id, failureLine(failure.error, byId.get(failure.step)));
        continue;
      }
      const known = Object.entries(cell.steps?.metrics ?? {}).flatMap(([name, step]) => {
        const value = values.get(step);
        return value === undefined ? [] : [[name, value] as const];
      });
      emit({ type: 'cell-finished', cell: cell.id, status: 'ok', values: Object.fromEntries(known) });
    }
  }

  function finish(step: PlannedStep, value: number | undefined): void {
    if (value !== undefined) values.set(step.id, value);
    states.finish(step.id);
    tellCells(step.id);
  }

  return {
    counts,
    failedCells,
    enterBroken() {
      const broken = plan.cells.filter(({ status }) => status === 'broken');
      for (const { id, reason = '' } of broken) failCell(id, reason);
      return broken.length;
    },
    done(step, { report }, cost) {
      counts.done++;
      emit({ type: 'step-finished', ...aboutStep(step), status: 'done', ...cost });
      finish(step, report.value);
    },
    elsewhere(step, value) {
      counts.elsewhere++;
      emit({ type: 'step-finished', ...aboutStep(step), status: 'elsewhere', ...notRun() });
      finish(step, value);
    },
    failed(step, error, cost = notRun()) {
      emit({ type: 'step-finished', ...aboutStep(step), status: 'failed', ...cost, error });
      const blocked = states.fail(step.id, error);
      counts.failed++;
      counts.blocked += blocked.length;
      for (const id of blocked) {
        const other = byId.get(id) as PlannedStep;
        emit({ type: 'step-finished', ...aboutStep(other), status: 'blocked', ...notRun() });
      }
      for (const id of [step.id, ...blocked]) tellCells(id);
    },
    stopped(step, cost, error) {
      emit({ type: 'step-finished', ...aboutStep(step), status: 'cancelled', ...cost, ...(error && { error }) });
    },
  };
}
