import { defineMethod } from '@attribution-bench/contract';

/** Independent standard normal scores: the row that shows what no information looks like. */
export default defineMethod({
  id: 'random',
  title: 'Random',
  family: 'control',
  origin: 'baseline',
  cite: 'none',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator', 'foreign'],
  needs: [],
  params: {},
  expectSignal: false,
  async score(ctx) {
    const { train, queries } = ctx.task;
    const rng = ctx.rng('scores');
    const scores = new Float32Array(queries * train);
    for (let query = 0; query < queries; query++) {
      ctx.signal.throwIfAborted();
      for (let point = 0; point < train; point++) scores[query * train + point] = rng.normal();
      ctx.progress((query + 1) / queries);
    }
    return scores;
  },
});
