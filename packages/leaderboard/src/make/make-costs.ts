import { type BoardCosts, boardCostsSchema, type RowCost } from '../board.js';
import type { BoardInput, CellResult, Cost, StageCost } from '../board-input.js';
import { entriesOf } from './entries.js';
import { rankingMetric } from './ranking-metric.js';

/** What the rows of {@link makeBoard} cost, and where and when they were computed. */
export function makeCosts(input: BoardInput): BoardCosts {
  return {
    schema: boardCostsSchema,
    grid: input.grid,
    provenance: input.provenance,
    rows: input.tasks.flatMap(({ info }) =>
      entriesOf(input, info.id, rankingMetric(input, info.id)?.id).flatMap(({ method, name, cells, allCells }) => {
        const costsOf = (some: readonly CellResult[]) => some.flatMap(({ cost }) => cost ?? []);
        const costs = costsOf(cells);
        const cost = joined(costs, costsOf(allCells));
        const ofTask = input.cells.filter((cell) => cell.task === info.id);
        const ofMethod = ofTask.filter((cell) => cell.method === method.id);
        const ofOthers = ofTask.filter((cell) => cell.method !== method.id);
        return cost === undefined
          ? []
          : [
              {
                task: info.id,
                entry: name,
                ...cost,
                ...(method.needs.includes('subsets') && { retrains: true as const }),
                ...training(costs, costsOf(ofOthers)),
                ...sharing(costs, costsOf(ofMethod)),
              } satisfies RowCost,
            ];
      }),
    ),
  };
}

/** @param costs by seed, of the chosen parameters @param all of every setting that was tried */
function joined(costs: readonly Cost[], all: readonly Cost[]): Omit<RowCost, 'task' | 'entry'> | undefined {
  const each = (pick: (cost: Cost) => number | undefined, of = costs) => of.flatMap((cost) => pick(cost) ?? []);
  const [fit, score] = [each(({ fitSeconds }) => fitSeconds), each(({ scoreSeconds }) => scoreSeconds)];
  const [memory, models] = [each(({ peakRssBytes }) => peakRssBytes), each(({ retrainings }) => retrainings)];
  if ([fit, score, memory, models].every((values) => values.length === 0)) return undefined;
  const declared = costs.some((cost) => 'declared' in cost);
  return {
    ...(declared && { declared }),
    ...(fit.length > 0 && { fitSeconds: mean(fit) }),
    ...(score.length > 0 && { scoreSeconds: mean(score) }),
    ...(memory.length > 0 && { peakRssBytes: Math.max(...memory) }),
    ...(models.length > 0 && { retrainings: Math.max(...models) }),
    ...(!declared && {
      sweepSeconds:
        sum(each(({ fitSeconds = 0, scoreSeconds = 0 }) => fitSeconds + scoreSeconds, all)) - paidAgain(all),
    }),
  };
}

function stagesOf(cost: Cost): readonly StageCost[] {
  return 'stages' in cost ? (cost.stages ?? []) : [];
}

/** Seconds of steps that several cells share, each time but once. */
function paidAgain(cells: readonly Cost[]): number {
  const seen = new Set<string>();
  return sum(
    cells.flatMap(stagesOf).flatMap(({ step, seconds }) => {
      if (seen.has(step)) return seconds;
      seen.add(step);
      return [];
    }),
  );
}

/** What of the cost of the chosen parameters other cells of the method share, and how many settings do; a mean over seeds. */
function sharing(costs: readonly Cost[], all: readonly Cost[]): Pick<RowCost, 'sharedSeconds' | 'sharedWith'> {
  const cellsOf = new Map<string, Set<Cost>>();
  for (const cost of all)
    for (const { step } of stagesOf(cost)) cellsOf.set(step, (cellsOf.get(step) ?? new Set()).add(cost));
  const others = (step: string) => (cellsOf.get(step)?.size ?? 1) - 1;
  const shared = costs.map((cost) => stagesOf(cost).filter(({ step }) => others(step) > 0));
  if (shared.every((stages) => stages.length === 0)) return {};
  return {
    sharedSeconds: mean(shared.map((stages) => sum(stages.map(({ seconds }) => seconds)))),
    sharedWith: Math.max(...shared.flatMap((stages) => stages.map(({ step }) => others(step)))),
  };
}

/** What training the models of the chosen parameters cost, and what of that other methods use; a mean over seeds. */
function training(
  costs: readonly Cost[],
  others: readonly Cost[],
): Pick<RowCost, 'trainSeconds' | 'sharedTrainSeconds'> {
  const known = costs.flatMap((cost) => trainingOf(cost) ?? []);
  if (known.length < costs.length || costs.length === 0) return {};
  const used = new Set(others.flatMap((cost) => trainingOf(cost)?.steps ?? []).map(({ step }) => step));
  const secondsOf = (isCounted: (step: string) => boolean) =>
    mean(known.map(({ steps }) => sum(steps.flatMap(({ step, seconds }) => (isCounted(step) ? seconds : [])))));
  const shared = secondsOf((step) => used.has(step));
  return { trainSeconds: secondsOf(() => true), ...(shared > 0 && { sharedTrainSeconds: shared }) };
}

function trainingOf(cost: Cost): { readonly steps: readonly StageCost[] } | undefined {
  return 'training' in cost && cost.training !== undefined ? { steps: cost.training } : undefined;
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
