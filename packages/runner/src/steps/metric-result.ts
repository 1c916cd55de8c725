import { BenchError, isObject, type MetricResult, type Split, shown } from '@attribution-bench/contract';

/**
 * What a metric computed, as far as it is what the contract says: of a known kind, of finite numbers, in arrays of the lengths
 * that the split asks for. A metric may be anybody's.
 * @throws BenchError METRIC_RESULT, METRIC_NOT_FINITE
 */
export function checkedResult(metric: string, result: unknown, split: Split): MetricResult {
  const wrong = (problem: string) =>
    new BenchError({
      code: 'METRIC_RESULT',
      message: `metric "${metric}" returned ${problem}`,
      next: 'see MetricResult of @attribution-bench/contract',
    });
  if (result instanceof Promise) throw wrong('a promise: evaluate is not async');
  if (!isObject(result)) throw wrong(`${shown(result)} in place of a result`);
  const { kind, value } = result;
  if (kind !== 'correlation' && kind !== 'detection' && kind !== 'mean')
    throw wrong(`the kind ${shown(kind)}, expected correlation, detection or mean`);
  if (typeof value !== 'number') throw wrong(`the value ${shown(value)}, expected a number`);
  if (!Number.isFinite(value)) throw notFinite(metric, `came out as ${value}`);
  const queries = split.queries.length;
  const numbers = (name: string, given: unknown, length?: number, optional = false): number => {
    if (given === undefined && optional) return 0;
    if (!(given instanceof Float64Array)) throw wrong(`${name} that is not a Float64Array`);
    if (length !== undefined && given.length !== length)
      throw wrong(`${given.length} numbers as ${name}, expected ${length}`);
    const at = given.findIndex((each) => !Number.isFinite(each));
    if (at !== -1) throw notFinite(metric, `has ${given[at]} as number ${at} of ${name}`);
    return given.length;
  };
  if (kind === 'correlation') {
    numbers('perQuery', result.perQuery, queries);
    const units = numbers('predictions', result.predictions);
    const expected = result.outcomes === undefined ? split.subsets.length * queries : units;
    if (units !== expected || units % queries !== 0)
      throw wrong(
        `${units} numbers as predictions, expected ${expected === units ? 'rows of' : expected} ${expected === units ? queries : ''}`.trimEnd(),
      );
    numbers('outcomes', result.outcomes, units, true);
  } else if (kind === 'detection') {
    if (!isObject(result.detection)) throw wrong('no detection');
    const { scores, positive } = result.detection;
    const points = numbers('detection.scores', scores);
    if (!(positive instanceof Uint8Array) || positive.length !== points)
      throw wrong(`detection.positive that is not a Uint8Array of ${points}`);
  } else {
    numbers('perQuery', result.perQuery, queries, true);
    const sampled = numbers('perSampledQuery', result.perSampledQuery, undefined, true);
    const columns = result.perQuery === undefined ? Math.max(1, sampled) : queries;
    if (result.repeats !== undefined && !isObject(result.repeats)) throw wrong('repeats that are not a mapping');
    for (const [source, values] of Object.entries(result.repeats ?? {}))
      if (numbers(`repeats.${source}`, values) % columns !== 0)
        throw wrong(`repeats.${source} that are not rows of ${columns} numbers`);
  }
  return result as unknown as MetricResult;
}

function notFinite(metric: string, what: string): BenchError {
  return new BenchError({
    code: 'METRIC_NOT_FINITE',
    message: `metric "${metric}" ${what}`,
    next: 'count what is undefined as 0, and say how often in undefinedQueries',
  });
}
