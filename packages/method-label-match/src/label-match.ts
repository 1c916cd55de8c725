import { defineMethod } from '@attribution-bench/contract';

/** 1 where training point and query have the same label, else 0: what labels alone know. */
export default defineMethod({
  id: 'label-match',
  title: 'Label match',
  family: 'similarity',
  origin: 'baseline',
  cite: 'none',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier'],
  needs: ['labels'],
  params: {},
  async score(ctx) {
    ctx.signal.throwIfAborted();
    const { train, queries } = ctx.task;
    const labels = ctx.labels('train');
    const queryLabels = ctx.labels('queries');
    const scores = new Float32Array(queries * train);
    for (let i = 0; i < scores.length; i++)
      scores[i] = labels[i % train] === queryLabels[Math.floor(i / train)] ? 1 : 0;
    return scores;
  },
});
