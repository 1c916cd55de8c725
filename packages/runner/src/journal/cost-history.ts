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

/** More is not kept: a grid has some hundreds, and a note of more than a mebibyte is not read. */
const mostKept = 4000;

/** @param folder results, or the cache folder of the user, which knows of steps in any results folder */
export async function readHistory(folder: string): Promise<History> {
  const stored = (await readNote(fileOf(folder), machineId())) ?? {};
  return new Map(Object.entries(stored).filter((entry): entry is [string, Measured] => isMeasured(entry[1])));
}

/** Adds to what is known; newer measurements replace older ones, and those that are the longest there go first. */
export async function extendHistory(folder: string, measured: History): Promise<void> {
  if (measured.size === 0) return;
  const before = [...(await readHistory(folder))].filter(([name]) => !measured.has(name));
  const all = [...before, ...measured].slice(-mostKept).map(([name, each]) => [name, { ...each }] as const);
  await writeNote(fileOf(folder), machineId(), Object.fromEntries(all));
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

function fileOf(folder: string): string {
  return join(folder, 'probes', `${machineId()}.json`);
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
