import {
  canonicalJson,
  checkParams,
  type Json,
  type ParamProblem,
  type ParamSpecs,
  type Params,
  shown,
} from '@attribution-bench/contract';
import type { Path } from './yaml-source.js';

type Given = Readonly<Record<string, unknown>>;

/** Settings of one entry: each is one cell per task and seed. */
const mostSettings = 10_000;

export interface SettingProblem extends ParamProblem {
  /** Path from the method's entry: into `params` or `grid`. */
  readonly path: (string | number)[];
}

/**
 * The parameter settings of a method's entry: `params` are fixed, every combination of the lists under `grid` is one
 * setting, the last list running fastest.
 */
export function expandSettings(
  specs: ParamSpecs,
  params: Given,
  grid: Readonly<Record<string, readonly unknown[]>>,
): { readonly settings: readonly Params<ParamSpecs>[]; readonly problems: readonly SettingProblem[] } {
  const problems: SettingProblem[] = [];
  for (const key of Object.keys(grid))
    if (Object.hasOwn(params, key))
      problems.push({ path: ['grid', key], message: `"${key}" is under params too`, next: 'leave one of them out' });
  for (const [key, values] of Object.entries(grid)) {
    const seen = new Set<string>();
    for (const [index, value] of values.entries()) {
      const text = isJson(value) ? canonicalJson(value as Json) : shown(value);
      if (seen.has(text)) problems.push({ path: ['grid', key, index], message: `${shown(value)} is listed twice` });
      seen.add(text);
    }
  }
  const count = Object.values(grid).reduce((product, { length }) => product * length, 1);
  if (count > mostSettings)
    problems.push({
      path: ['grid'],
      message: `has ${count} combinations, more than ${mostSettings}`,
      next: 'leave out values, or give parameters their own entries',
    });
  const first = Object.fromEntries(Object.entries(grid).map(([key, values]) => [key, values[0]]));
  problems.push(...problemsOf(specs, { ...first, ...params }, (key) => (Object.hasOwn(params, key) ? [] : [0]), grid));
  for (const [key, values] of Object.entries(grid))
    for (const [index, value] of values.entries())
      if (index > 0 && Object.hasOwn(specs, key))
        problems.push(...problemsOf({ [key]: specs[key] }, { [key]: value }, () => [index], grid));
  if (problems.length > 0) return { settings: [], problems };
  let combinations: Given[] = [params];
  for (const [key, values] of Object.entries(grid))
    combinations = combinations.flatMap((given) => values.map((value) => ({ ...given, [key]: value })));
  const settings = combinations.flatMap((given) => {
    const checked = checkParams(specs, given);
    return checked.ok ? [checked.params] : [];
  });
  return { settings, problems };
}

function problemsOf(
  specs: ParamSpecs,
  given: Given,
  indexOf: (key: string) => Path,
  grid: Readonly<Record<string, unknown>>,
): SettingProblem[] {
  const checked = checkParams(specs, given);
  if (checked.ok) return [];
  return checked.problems.map((problem) => {
    const [key, ...rest] = problem.path;
    if (key === undefined) return problem;
    if (!Object.hasOwn(grid, key)) return { ...problem, path: ['params', key, ...rest] };
    return { ...problem, path: ['grid', key, ...(problem.unknownKey ? [] : [...indexOf(String(key)), ...rest])] };
  });
}

/** Whether canonical JSON can hold a value of a YAML file. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isJson);
}
