import { cpus } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@attribution-bench/contract';
import { readNote, writeNote } from '@attribution-bench/store';

/** What a step took on this machine. */
export interface Measured {
  /** Seconds of a processor, all that a worker does for it included. */
  readonly seconds: number;
  readonly peakRssBytes: number;
}

/** What steps took on this machine, by `likeness`. Never part of a result or a key. */
export type History = Map<string, Measured>;

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
