/** The formats by which tasks go out and scores come in. A change that breaks readers raises the number. */
export const schemas = {
  task: 'bench/task@1',
  request: 'bench/request@1',
  scores: 'bench/scores@1',
  foreignTruth: 'bench/foreign-truth@1',
} as const;
