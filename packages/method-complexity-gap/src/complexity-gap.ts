import { bySuspicion, defineMethod, int, num } from '@attribution-bench/contract';
import { contentOrder } from './content-order.js';
import { oneVsRestGaps } from './one-vs-rest.js';
import { unitRows } from './relu-kernel.js';

/**
 * Complexity gap (Ki, Choi, Chung 2023): how much a labelled point adds to the complexity yᵀ H⁻¹ y of the labelling,
 * H the kernel of an infinitely wide ReLU network. High means irregular or mislabelled, so as a value that is to raise
 * the targets of queries it counts negatively.
 */
export default defineMethod({
  id: 'complexity-gap',
  title: 'Complexity gap',
  family: 'complexity',
  origin: 'published',
  cite: 'Ki, Choi and Chung 2023, arXiv:2301.00930',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier'],
  needs: ['features', 'labels'],
  params: {
    ratio: num({
      default: 1,
      min: 0.01,
      search: [0.5, 1, 2, 4],
      help: 'points of other classes drawn for each point of the class that is scored',
    }),
    repeats: int({ default: 1, min: 1, search: [1, 3], help: 'fresh draws of those that are averaged over' }),
    ridge: num({
      default: 1e-8,
      min: 0,
      help: 'added to the diagonal of the kernel, which identical points make singular',
    }),
  },
  expectSignal: false,
  uses: () => ({ checkpoints: 0 }),
  async fit(ctx, { ratio, repeats, ridge }) {
    const { data, shape } = await ctx.features({ of: 'train', space: 'inputs' });
    const labels = ctx.labels('train');
    const [points, dims] = shape;
    const order = contentOrder(data, dims, labels);
    const rows = unitRows(data, dims);
    const ordered = new Float64Array(rows.length);
    for (const [at, point] of order.entries()) ordered.set(rows.subarray(point * dims, (point + 1) * dims), at * dims);
    const gaps = await oneVsRestGaps({
      rows: ordered,
      dims,
      labels: order.map((point) => labels[point]),
      ratio,
      repeats,
      ridge,
      rng: (name) => ctx.rng(name),
      progress: (done) => ctx.progress(done),
      signal: ctx.signal,
    });
    const suspicion = new Float64Array(points);
    for (const [at, point] of order.entries()) suspicion[point] = gaps.gap[at];
    return { suspicion };
  },
  ...bySuspicion,
});
