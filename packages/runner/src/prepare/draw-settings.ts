import {
  canonicalJson,
  deriveSeed,
  isSearchRange,
  type Json,
  type ParamSpec,
  type ParamSpecs,
  type Params,
  type ParamValue,
  type TaskInfo,
} from '@attribution-bench/contract';
import type { GridMethod } from '../model/grid.js';
import type { MethodAnswer } from './ask-method.js';
import { haltonPoints } from './halton.js';

/** Points of the sequence that are looked at for each setting that is wanted: small spaces repeat themselves. */
const pointsPerSetting = 64;
/** Settings that a method is asked about for each that is wanted: it may not support some. */
const asksPerSetting = 4;
const drawnDigits = 3;

type Ask = (setting: GridMethod) => Promise<MethodAnswer>;

/**
 * The settings of a method on a task, with what it answers about each. Where the grid leaves the choice to `select.budget`, the
 * first is what the grid gives, the author's defaults elsewhere; the others follow the points of a scrambled Halton sequence
 * in the declared search space. What a method does not support there, or has been drawn before, is passed over, so that every
 * method has as many settings as its space allows. A parameter that is not read on such a task stays as it is.
 */
export async function settingsOn(
  method: GridMethod,
  { kind }: TaskInfo,
  gridSeed: number,
  ask: Ask,
): Promise<[GridMethod, MethodAnswer][]> {
  const { tuned } = method;
  const answers: [GridMethod, MethodAnswer][] = [[method, await ask(method)]];
  // On a published truth nothing can be chosen: what methods learn from there would also choose.
  if (tuned === undefined || kind === 'foreign' || !('uses' in answers[0][1])) return answers;
  const { module, method: declared } = method.loaded;
  const specs = declared.params;
  const read = tuned.names.filter((name) => specs[name].readOn?.includes(kind) ?? true);
  const seen = new Set([canonicalJson(method.params as Json)]);
  let points = tuned.budget * pointsPerSetting;
  for (const point of haltonPoints(tuned.names.length, deriveSeed(gridSeed, module, 'settings'))) {
    if (answers.length === tuned.budget || points-- === 0 || seen.size > tuned.budget * asksPerSetting) break;
    const drawn = Object.fromEntries(
      tuned.names.flatMap((name, axis) => (read.includes(name) ? [[name, drawnValue(specs[name], point[axis])]] : [])),
    );
    const setting = withParams(method, drawn);
    const identity = canonicalJson(setting.params as Json);
    if (seen.has(identity)) continue;
    seen.add(identity);
    const answer = await ask(setting);
    if (!('skipped' in answer)) answers.push([setting, answer]);
  }
  return answers;
}

/** How many settings a method has on a task at most. */
export function mostSettings({ loaded, params, tuned }: GridMethod): number {
  if (tuned === undefined) return 1;
  const specs = loaded.method.params;
  const sizes = tuned.names.map((name) => {
    const search = specs[name].search ?? [];
    if (isSearchRange(search)) return Number.POSITIVE_INFINITY;
    return search.length + (search.includes(params[name]) ? 0 : 1);
  });
  return Math.min(
    tuned.budget,
    sizes.reduce((product, size) => product * size, 1),
  );
}

function withParams({ loaded, params, files }: GridMethod, drawn: Params<ParamSpecs>): GridMethod {
  return {
    loaded,
    params: { ...params, ...drawn },
    files: { ...files, located: { ...files.located, ...drawn } },
  };
}

/** The value of a search space at a place from 0 to 1; numbers of a range have three digits, so that people can give them again. */
function drawnValue({ type, search = [] }: ParamSpec, place: number): ParamValue {
  if (!isSearchRange(search)) return search[Math.floor(place * search.length)];
  const { from, to, scale } = search;
  const value =
    scale === 'log' ? Math.exp(Math.log(from) + place * (Math.log(to) - Math.log(from))) : from + place * (to - from);
  const short = type === 'int' ? Math.round(value) : Number(value.toPrecision(drawnDigits));
  return Math.min(to, Math.max(from, short));
}
