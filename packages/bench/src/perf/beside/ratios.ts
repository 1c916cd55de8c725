import type { Comparison } from './beside-torch.js';

/** The fastest way to train in PyTorch, and ours over it in each round. */
export function ratiosOf({ ours, torch }: Comparison): { readonly best: string; readonly ratios: readonly number[] } {
  const [best] = Object.keys(torch).sort((a, b) => medianOf(torch[b]) - medianOf(torch[a]));
  return { best, ratios: ours.map((value, round) => value / torch[best][round]) };
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
