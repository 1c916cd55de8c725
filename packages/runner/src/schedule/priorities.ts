/** Which of the steps that can be done comes first. The truth comes before the cells, so that each finished cell has its values. */
export const priorities: Readonly<Record<string, number>> = {
  dataset: 9,
  generate: 8,
  task: 7,
  train: 6,
  retrain: 5,
  truth: 4,
  metric: 3,
  diagnose: 3,
  score: 2,
  fit: 1,
};
