import { BenchError, type MetricResult } from '@attribution-bench/contract';
import { mean, spearman } from '@attribution-bench/numerics';
import type { BoardInput } from '../src/board-input.js';
import { range } from './simulated-grid.js';

export interface Procedure {
  readonly block: number;
  readonly looks: number;
  readonly top?: number;
  readonly margin?: number;
}

/** A simulated grid as it is seen at one of the looks at its truth: on its first subsets only. */
export function atLook(
  input: BoardInput,
  look: number,
  { block, looks, top = 1, margin = 0.02 }: Procedure,
): BoardInput {
  const subsets = look * block;
  const [task] = input.tasks;
  const { truth } = task;
  if (truth === undefined) throw new BenchError({ code: 'TRUTH_NONE', message: 'the simulated task has a truth' });
  const { queries, retrainSeeds } = truth;
  const first: BoardInput['tasks'][number] = {
    ...task,
    truth: {
      ...truth,
      subsets,
      members: truth.members.slice(0, subsets),
      outputs: truth.outputs.slice(0, subsets * retrainSeeds * queries),
    },
    report: { ...task.report, subsets: range(0, subsets) },
    growth: { block, looks, top, margin },
  };
  const outcomes = Array.from({ length: queries }, (_, query) =>
    Float64Array.from({ length: subsets }, (_, subset) =>
      mean(
        Array.from({ length: retrainSeeds }, (_, r) => truth.outputs[(subset * retrainSeeds + r) * queries + query]),
      ),
    ),
  );
  const cut = ({ predictions }: MetricResult): MetricResult => {
    const kept = (predictions ?? new Float64Array()).slice(0, subsets * queries);
    const perQuery = Float64Array.from(
      outcomes,
      (outcome, query) =>
        spearman(
          outcome.map((_, s) => kept[s * queries + query]),
          outcome,
        ) ?? 0,
    );
    return { kind: 'correlation', value: mean(perQuery), perQuery, predictions: kept };
  };
  return {
    ...input,
    tasks: [first],
    cells: input.cells.map((cell) => ({ ...cell, metrics: { lds: { report: cut(cell.metrics.lds.report) } } })),
  };
}
