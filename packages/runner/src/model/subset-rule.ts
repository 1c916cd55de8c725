/** How the subsets of a truth are drawn; part of the identity of all that comes of them. */
export interface SubsetRule {
  /** Share of the training set in each subset. */
  readonly fraction: number;
  /** Whether each class has the same share of its points in every subset. */
  readonly stratified?: true;
}
