import { hashJson } from '@attribution-bench/contract';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';
import type { History, Measured } from './cost-history.js';

/** Made once for each step: a long run asks for all of them every second. */
const names = new WeakMap<PlannedStep, string>();

/** Names the steps that cost the same: those of one kind that their definition calls alike. */
export function likeness(step: PlannedStep): string {
  const known = names.get(step);
  if (known !== undefined) return known;
  const { kind, outputs, job } = step;
  const name = hashJson({ kind, about: definitionOf(job).cost.likeness(job, outputs[0].made) });
  names.set(step, name);
  return name;
}

/** The mean of like steps, so that what the first ones take to compile is counted. */
export function summarise(steps: readonly { readonly step: PlannedStep; readonly measured: Measured }[]): History {
  const byLikeness = new Map<string, Measured[]>();
  for (const { step, measured } of steps) {
    const name = likeness(step);
    const like = byLikeness.get(name);
    if (like === undefined) byLikeness.set(name, [measured]);
    else like.push(measured);
  }
  return new Map(
    [...byLikeness].map(([name, all]) => [
      name,
      {
        seconds: all.reduce((sum, { seconds }) => sum + seconds, 0) / all.length,
        peakRssBytes: all.reduce((peak, { peakRssBytes }) => Math.max(peak, peakRssBytes), 0),
      },
    ]),
  );
}
