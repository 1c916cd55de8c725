import { type Measurement, measurement } from '../make/measure/measurement.js';

/**
 * The measurement of an area under a ROC curve on the scale of log-odds, draw by draw. Half a pair of points is added to
 * those won and to those lost (Haldane 1956), so that perfect areas have log-odds too.
 * @param positive non-zero marks the points to be found
 */
export function inLogOdds(
  { value, statistic, bySeed, repeats, ...rest }: Measurement,
  positive: Uint8Array,
): Measurement {
  const positives = positive.reduce((count, flag) => count + (flag === 0 ? 0 : 1), 0);
  const pairs = positives * (positive.length - positives);
  const logOdds = (area: number) => Math.log((area * pairs + 0.5) / ((1 - area) * pairs + 0.5));
  const each = (values: Float64Array) => values.map(logOdds);
  return measurement({
    ...rest,
    value: logOdds(value),
    statistic: { perQuery: each(statistic.perQuery), resampled: each(statistic.resampled) },
    bySeed: bySeed.map(each),
    repeats: Object.fromEntries(Object.entries(repeats).map(([source, draws]) => [source, draws.map(each)])),
  });
}
