import type { Metric } from '@attribution-bench/contract';

/** What a metric says of itself, as plain data that goes from process to process. */
export interface MetricDeclaration
  extends Pick<
    Metric,
    | 'id'
    | 'title'
    | 'description'
    | 'unit'
    | 'higherIsBetter'
    | 'range'
    | 'curve'
    | 'revision'
    | 'needs'
    | 'params'
    | 'sharesRetrainings'
  > {
  /** Whether it has models trained. */
  readonly retrains: boolean;
}

/** Whether a metric compares scores with a truth and has no models trained: all it takes is known of a foreign task. */
export function needsTruthAlone({ retrains, needs }: MetricDeclaration): boolean {
  return !retrains && needs.every((need) => need === 'truth');
}
