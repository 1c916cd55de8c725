import { checkParams } from './check-params.js';
import { BenchError } from './errors.js';
import type { ParamSpec, ParamSpecs, ParamValue, Search, SearchRange } from './params.js';
import { shown } from './shown.js';

/** Whether a search space is all numbers from one to another, and not a list of values. */
export function isSearchRange(search: Search): search is SearchRange {
  return !Array.isArray(search);
}

/**
 * Sees to it that what tuning may choose among lies within the bounds of each parameter.
 * @param method that declares them, for the message
 * @throws BenchError PARAM_SEARCH
 */
export function checkSearchSpaces(method: string, specs: ParamSpecs): void {
  for (const [name, spec] of Object.entries(specs)) {
    const problem = spec.search === undefined ? undefined : problemOf(name, spec, spec.search);
    if (problem !== undefined)
      throw new BenchError({
        code: 'PARAM_SEARCH',
        message: `the search space of parameter "${name}" of method "${method}" ${problem}`,
        next: 'list values, or give { from, to, scale }, within the bounds of the parameter',
      });
  }
}

function problemOf(name: string, spec: ParamSpec, search: Search): string | undefined {
  if (spec.default === undefined) return 'is of no use: the parameter has no default to start from';
  const outside = (value: ParamValue) => {
    const checked = checkParams({ [name]: spec }, { [name]: value });
    return checked.ok ? undefined : `has ${shown(value)}: ${checked.problems[0].message}`;
  };
  if (!isSearchRange(search)) {
    if (search.length === 0) return 'is empty';
    const twice = search.find((value, index) => search.indexOf(value) < index);
    return twice === undefined
      ? search.map(outside).find((problem) => problem !== undefined)
      : `lists ${shown(twice)} twice`;
  }
  const { from, to, scale } = search;
  if (spec.type !== 'int' && spec.type !== 'num') return 'is a range, and the parameter no number';
  if (scale !== 'log' && scale !== 'linear') return `has the scale ${shown(scale)}, neither log nor linear`;
  const problem = outside(from) ?? outside(to);
  if (problem !== undefined) return problem;
  if (from >= to) return `goes from ${from} to ${to}`;
  return scale === 'log' && from <= 0 ? `has the scale log and begins at ${from}` : undefined;
}

/** A search space in words: `1, 3, 5`, `0.01 to 100 (log)`. */
export function searchWords(search: Search): string {
  if (!isSearchRange(search)) return search.map((value) => String(value)).join(', ');
  return `${search.from} to ${search.to} (${search.scale})`;
}
