/** How the subsets of a truth are drawn and trained on; part of the identity of all that comes of them. */
export interface SubsetRule {
  /** Share of the training set in each subset. */
  readonly fraction: number;
  /** Whether each class has the same share of its points in every subset. */
  readonly stratified?: true;
  /** Whether whole groups of points are in a subset or not; absent: points are drawn one by one. */
  readonly by?: 'group';
  /** Whether every point is left out about equally often, and no two subsets leave out the same points. */
  readonly balanced?: true;
  /** Whether retrainings keep the seeds and batches of the runs on all points; absent: each has a seed of its own. */
  readonly seeds?: 'same';
}
