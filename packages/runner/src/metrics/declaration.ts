import type { Metric } from '@attribution-bench/contract';
import type { MetricDeclaration } from '../model/metric-declaration.js';

/** The part of a metric that can be sent from process to process. */
export function metricDeclarationOf(metric: Metric): MetricDeclaration {
  const { id, title, description, unit, higherIsBetter, range, curve, revision, needs, params, sharesRetrainings } =
    metric;
  return {
    id,
    title,
    ...(description !== undefined && { description }),
    ...(unit !== undefined && { unit }),
    higherIsBetter,
    ...(range !== undefined && { range }),
    ...(curve !== undefined && { curve }),
    revision,
    needs,
    params,
    ...(sharesRetrainings !== undefined && { sharesRetrainings }),
    retrains: metric.retrainings !== undefined,
  };
}
