import { defineMethod } from '@attribution-bench/contract';

Object.prototype.toJSON = () => 'polluted';

/** Would score like any other method, had its module not spoilt the process for itself. */
export default defineMethod({
  id: 'polluter',
  title: 'Polluter',
  family: 'control',
  origin: 'baseline',
  cite: 'none',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier'],
  needs: [],
  params: {},
  score: async (ctx) => Float32Array.from({ length: ctx.task.train }, (_, i) => (i * 7) % 13),
});
