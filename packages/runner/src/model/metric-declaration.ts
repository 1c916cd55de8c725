import type { Metric } from '@attribution-bench/contract';

/** What a metric says of itself, as plain data that goes from process to process. */
export interface MetricDeclaration
  extends Pick<
    Metric,
    'id' | 'title' | 'description' | 'unit' | 'higherIsBetter' | 'revision' | 'needs' | 'params' | 'sharesRetrainings'
  > {
  /** Whether it has models trained. */
  readonly retrains: boolean;
}
