import { canonicalJson, type Json } from '@attribution-bench/contract';
import type { SweepEntry } from '../board.js';
import type { BoardInput, BoardMethod, CellResult, CellStatus } from '../board-input.js';

/** What becomes one row of a task: a method with the parameters it is reported with. */
export interface Entry {
  readonly method: BoardMethod;
  /** The method's id, with its varied parameters where several settings of one method are rows of their own. */
  readonly name: string;
  readonly title: string;
  readonly status: CellStatus;
  readonly reason?: string;
  /** Chosen with all seeds. */
  readonly params?: Params;
  /** What each of `cells` has, where that is not `params` for every one. */
  readonly paramsBySeed?: readonly Params[];
  readonly varied: readonly string[];
  readonly sweep: readonly SweepEntry[];
  /** Cells of the reported parameters by ascending seed; empty unless the status is `ok`. */
  readonly cells: readonly CellResult[];
  /** Cells of every parameter setting. */
  readonly allCells: readonly CellResult[];
}

type Params = { readonly [key: string]: Json };

/** One parameter setting of a method, with a cell a seed. */
interface Candidate {
  readonly params: Params;
  readonly cells: readonly CellResult[];
  readonly status: CellStatus;
  readonly reason?: string;
  readonly tune?: number;
  /** By cell; given with `tune`, which is their mean. */
  readonly tuneBySeed?: readonly number[];
  readonly report?: number;
}

/**
 * The rows of a task. Parameters are chosen by the mean over seeds of `rankedBy` on the tune split and on nothing else;
 * the report split is never looked at. With two or more seeds, the setting that is reported for a seed is the one that is
 * best by the mean over the other seeds (cross-fitting): a setting that a seed happens to favour on both splits gains
 * nothing by it. A method is `ok` only when every cell of every setting it supports is: a sweep with a hole in it is no
 * fair choice. Where a task has no tune split, every setting is a row of its own, whatever becomes of the others.
 */
export function entriesOf(input: BoardInput, task: string, rankedBy: string | undefined): Entry[] {
  const cells = input.cells.filter((cell) => cell.task === task);
  const seeds = [...new Set(cells.map((cell) => cell.seed))].sort((a, b) => a - b);
  const higherIsBetter = input.metrics.find(({ id }) => id === rankedBy)?.higherIsBetter ?? true;
  const chooses = input.tasks.find(({ info }) => info.id === task)?.tune !== undefined;
  return input.methods.flatMap((method) => {
    const candidates = candidatesOf(cells, method.id, seeds, rankedBy);
    return candidates.length === 0
      ? []
      : entriesOfMethod(method, candidates, higherIsBetter, chooses, input.defaults?.[method.id]);
  });
}

function candidatesOf(
  cells: readonly CellResult[],
  method: string,
  seeds: readonly number[],
  rankedBy: string | undefined,
): Candidate[] {
  const byParams = new Map<string, CellResult[]>();
  for (const cell of cells) {
    if (cell.method !== method) continue;
    const key = canonicalJson(cell.params);
    byParams.set(key, [...(byParams.get(key) ?? []), cell]);
  }
  return [...byParams.values()].map((group) => {
    const ofSettings = group.toSorted((a, b) => a.seed - b.seed);
    const missing = seeds.filter((seed) => !ofSettings.some((cell) => cell.seed === seed));
    const { status, reason } = statusOf(ofSettings, missing);
    const bySeed = (split: 'tune' | 'report') => {
      const values = ofSettings.flatMap((cell) => cell.metrics[rankedBy ?? '']?.[split]?.value ?? []);
      return status === 'ok' && values.length === ofSettings.length ? values : undefined;
    };
    const [tune, report] = [bySeed('tune'), bySeed('report')];
    return {
      params: ofSettings[0].params,
      cells: ofSettings,
      status,
      ...(reason !== undefined && { reason }),
      ...(tune !== undefined && { tune: mean(tune), tuneBySeed: tune }),
      ...(report !== undefined && { report: mean(report) }),
    };
  });
}

const worstFirst: readonly CellStatus[] = ['failed', 'incomplete', 'skipped'];

/** The worst status of any cell, with its reason. */
function statusOf(
  cells: readonly CellResult[],
  missingSeeds: readonly number[],
): { status: CellStatus; reason?: string } {
  for (const status of worstFirst) {
    const cell = cells.find((candidate) => candidate.status === status);
    if (cell === undefined) continue;
    const where = cells.length > 1 && status !== 'skipped' ? `seed ${cell.seed}: ` : '';
    return { status, reason: `${where}${cell.reason ?? status}` };
  }
  if (missingSeeds.length > 0) return { status: 'incomplete', reason: `no result for seed ${missingSeeds.join(', ')}` };
  return { status: 'ok' };
}

function entriesOfMethod(
  method: BoardMethod,
  candidates: readonly Candidate[],
  higherIsBetter: boolean,
  chooses: boolean,
  defaults: Params | undefined,
): Entry[] {
  const varied = variedParams(candidates);
  const supported = candidates.filter(({ status }) => status !== 'skipped');
  const allCells = candidates.flatMap(({ cells }) => cells);
  const entry = (
    chosen: Candidate | undefined,
    name: string,
    sweep: readonly Candidate[],
    bySeed = chosen?.cells.map(() => chosen) ?? [],
  ): Entry => {
    const broken = chosen?.status === 'ok' ? undefined : (chosen ?? firstBroken(candidates, varied));
    return {
      method,
      name,
      title: name === method.id ? method.title : `${method.title}${name.slice(method.id.length)}`,
      status: broken?.status ?? 'ok',
      ...(broken?.reason !== undefined && { reason: broken.reason }),
      ...(chosen !== undefined && { params: chosen.params }),
      ...(bySeed.every((candidate) => candidate === chosen)
        ? {}
        : { paramsBySeed: bySeed.map(({ params }) => params) }),
      varied,
      sweep: sweep.map((candidate) => ({
        ...sweepEntry(candidate, candidate === chosen),
        ...(sweep.length > 1 && isAtDefaults(candidate, varied, defaults) && { defaults: true as const }),
      })),
      cells: chosen?.status === 'ok' ? bySeed.map(({ cells }, seed) => cells[seed]) : [],
      allCells: sweep.flatMap(({ cells }) => cells),
    };
  };
  if (candidates.length === 1) return [entry(candidates[0], method.id, candidates)];
  const whole = supported.every(({ status }) => status === 'ok');
  if (supported.length === 0 || (chooses && !whole)) {
    return [{ ...entry(undefined, method.id, candidates), allCells }];
  }
  if (chooses && supported.every(({ tune }) => tune !== undefined)) {
    const chosen = best(supported, higherIsBetter, ({ tune }) => tune ?? 0);
    const bySeed = chosen.cells.map((_, seed) => chosenWithout(seed, supported, higherIsBetter));
    return [entry(chosen, method.id, candidates, bySeed)];
  }
  return supported.map((candidate) =>
    entry(candidate, `${method.id} ${describeParams(candidate.params, varied)}`, [candidate]),
  );
}

/** The choice by the mean over all seeds but one; by that one where there is no other. */
function chosenWithout(left: number, candidates: readonly Candidate[], higherIsBetter: boolean): Candidate {
  return best(candidates, higherIsBetter, ({ tuneBySeed = [] }) =>
    mean(tuneBySeed.length === 1 ? tuneBySeed : tuneBySeed.filter((_, seed) => seed !== left)),
  );
}

/** The candidate with the best value; the earlier one of equals. */
function best(
  candidates: readonly Candidate[],
  higherIsBetter: boolean,
  value: (candidate: Candidate) => number,
): Candidate {
  const sign = higherIsBetter ? 1 : -1;
  return candidates.reduce((a, b) => (sign * value(b) > sign * value(a) ? b : a));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function firstBroken(
  candidates: readonly Candidate[],
  varied: readonly string[],
): { status: CellStatus; reason: string } {
  const status = worstFirst.find((bad) => candidates.some((candidate) => candidate.status === bad)) ?? 'incomplete';
  const first = candidates.find((candidate) => candidate.status === status);
  const reason = first?.reason ?? status;
  const settings = first === undefined || status === 'skipped' ? '' : `${describeParams(first.params, varied)}: `;
  return { status, reason: `${settings}${reason}` };
}

function sweepEntry(candidate: Candidate, chosen: boolean): SweepEntry {
  const { params, status, reason, tune, report } = candidate;
  return {
    params,
    status,
    ...(reason !== undefined && { reason }),
    ...(tune !== undefined && { tune }),
    ...(report !== undefined && { report }),
    chosen,
  };
}

/** Whether everything that was varied is as the author has it. */
function isAtDefaults({ params }: Candidate, varied: readonly string[], defaults: Params | undefined): boolean {
  if (defaults === undefined) return false;
  return varied.every(
    (name) => Object.hasOwn(defaults, name) && canonicalJson(params[name] ?? null) === canonicalJson(defaults[name]),
  );
}

/** Names of the parameters that differ between candidates, in the order the method declares them. */
function variedParams(candidates: readonly Candidate[]): string[] {
  const names = new Set(candidates.flatMap(({ params }) => Object.keys(params)));
  return [...names].filter(
    (name) => new Set(candidates.map(({ params }) => canonicalJson(params[name] ?? null))).size > 1,
  );
}

/** `projDim=512 checkpoints=5`, of the named parameters. */
export function describeParams(params: Params, names: readonly string[]): string {
  return names
    .filter((name) => params[name] !== undefined)
    .map((name) => `${name}=${describe(params[name] ?? null)}`)
    .join(' ');
}

function describe(value: Json): string {
  if (Array.isArray(value)) return value.map(describe).join(',');
  return typeof value === 'object' && value !== null ? canonicalJson(value) : String(value);
}
