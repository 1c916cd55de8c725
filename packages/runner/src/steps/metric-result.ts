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
    const rows = (name: string, given: unknown, length: number): void => {
      if (given !== undefined && !isObject(given)) throw wrong(`${name} that are not a mapping`);
      for (const [source, values] of Object.entries(given ?? {}))
        if (numbers(`${name}.${source}`, values) % length !== 0)
          throw wrong(`${name}.${source} that are not rows of ${length} numbers`);
    };
    rows('repeats', result.repeats, columns);
    if (result.curve !== undefined) {
      if (!isObject(result.curve)) throw wrong('a curve that is not a mapping');
      const { points, values, repeats } = result.curve;
      if (!(points instanceof Int32Array) || points.length === 0 || points.some((count, i) => count <= points[i - 1]))
        throw wrong('curve.points that are not an ascending Int32Array');
      numbers('curve.values', values, points.length * columns);
      rows('curve.repeats', repeats, points.length * columns);
    }
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
