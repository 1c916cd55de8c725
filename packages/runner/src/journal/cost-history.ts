import { cpus } from 'node:os';
import { join } from 'node:path';
import { hashJson, sha256 } from '@attribution-bench/contract';
import { readNote, writeNote } from '@attribution-bench/store';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';

/** What a step took on this machine. */
export interface Measured {
  /** Seconds of a processor, all that a worker does for it included. */
  readonly seconds: number;
  readonly peakRssBytes: number;
}

/** What steps took on this machine, by {@link likeness}. Never part of a result or a key. */
export type History = Map<string, Measured>;

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

export async function readHistory(resultsFolder: string): Promise<History> {
  const stored = (await readNote(fileOf(resultsFolder), machineId())) ?? {};
  return new Map(Object.entries(stored).filter((entry): entry is [string, Measured] => isMeasured(entry[1])));
}

/** Adds to what is known; newer measurements replace older ones. */
export async function extendHistory(resultsFolder: string, measured: History): Promise<void> {
  if (measured.size === 0) return;
  const all = [...(await readHistory(resultsFolder)), ...measured].map(([name, each]) => [name, { ...each }] as const);
  await writeNote(fileOf(resultsFolder), machineId(), Object.fromEntries(all));
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

function fileOf(resultsFolder: string): string {
  return join(resultsFolder, 'probes', `${machineId()}.json`);
}

/** Equal for machines that are equally fast. */
function machineId(): string {
  const cores = cpus();
  return sha256(`${cores[0]?.model} ${cores.length} ${process.version}`).slice(0, 12);
}

function isMeasured(value: unknown): value is Measured {
  if (typeof value !== 'object' || value === null) return false;
  const { seconds, peakRssBytes } = value as Partial<Measured>;
  return Number.isFinite(seconds) && Number.isFinite(peakRssBytes);
}
