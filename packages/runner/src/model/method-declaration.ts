import type { Method, StageReads } from '@attribution-bench/contract';

/** What a method says of itself, as plain data that goes from process to process. */
export interface MethodDeclaration
  extends Pick<
    Method,
    'id' | 'title' | 'family' | 'origin' | 'cite' | 'revision' | 'scoreShape' | 'tasks' | 'needs' | 'params'
  > {
  /** Whether it says how suspicious each training point is by itself. */
  readonly selfInfluence: boolean;
  /** Parameters that its stages read; scores of other programs have no stages. */
  readonly reads: StageReads;
}
