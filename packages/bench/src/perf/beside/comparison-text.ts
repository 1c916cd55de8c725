import { availableParallelism, cpus } from 'node:os';
import { count } from '../../text/format.js';
import type { table as plainTable } from '../../text/table.js';
import type { Comparison } from './beside-torch.js';
import { medianOf, ratiosOf } from './ratios.js';

export interface Style {
  readonly table: typeof plainTable;
  readable(value: number): string;
}

const header = ['network', 'unit', 'ours', 'PyTorch', 'its best way', 'ours / PyTorch', 'rounds', 'its other way'];

/**
 * A table of comparisons, medians over the rounds with the least and the most of the ratio, and what they were made with.
 */
export function comparisonsText(comparisons: readonly Comparison[], rounds: number, style: Style): string {
  const [{ versions }] = comparisons;
  const differences = comparisons.map(({ differences }) => differences);
  const most = (what: 'loss' | 'gradient' | 'training') =>
    Math.max(...differences.map((found) => found[what] ?? 0)).toExponential(0);
  return [
    style.table(
      header,
      comparisons.map((comparison) => rowOf(comparison, style)),
    ),
    '',
    `Processor time, one thread each, ${count(rounds, 'round')} in turn; PyTorch ${versions.torch} (${versions.processor}) on Python ${versions.python}, ` +
      `Node.js ${process.version}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores.`,
    `Both compute the same: losses differ by at most ${most('loss')} of what they are, gradients by ${most('gradient')}${
      differences.some(({ training }) => training !== undefined)
        ? `, what a run of training did to classifiers by ${most('training')}`
        : ''
    }.`,
  ].join('\n');
}

function rowOf(comparison: Comparison, { readable }: Style): string[] {
  const { network, batch, unit, ours, torch, models } = comparison;
  const { best, ratios } = ratiosOf(comparison);
  const others = Object.keys(torch).filter((way) => way !== best);
  return [
    `${network}, batch ${batch}`,
    unit,
    `${readable(medianOf(ours))}${models === 1 ? '' : ` (${models} at once)`}`,
    readable(medianOf(torch[best])),
    best,
    medianOf(ratios).toFixed(2),
    `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    others.map((way) => `${way}: ${readable(medianOf(torch[way]))}`).join(', ') || '-',
  ];
}
