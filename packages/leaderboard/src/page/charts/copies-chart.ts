import { plural } from '@attribution-bench/contract';
import type { GeneratedExample } from '../../task-examples.js';
import { singleLine } from '../../text/display-text.js';

import { chartWidth, drawChart } from './chart.js';
import type { Figure } from './figure.js';

const plot = { width: chartWidth - 70, height: 300 };
/** At most so many generated points are drawn, the most memorised ones. */
const mostDots = 500;

/** How far each generated point is from the nearest training and the nearest held-out point: copies lie at the left. */
export async function copiesChart(generated: readonly GeneratedExample[]): Promise<Figure | undefined> {
  if (generated.length === 0) return undefined;
  const shown = generated.slice(0, mostDots);
  const points = shown.map(({ source, nearest, trainingDistance, heldoutDistance }) => ({
    training: trainingDistance,
    heldout: heldoutDistance,
    side: trainingDistance < heldoutDistance ? 'training' : 'heldout',
    label: `${singleLine(source)}: ${trainingDistance.toFixed(2)} from training point ${nearest}, ${heldoutDistance.toFixed(2)} from the nearest held-out one`,
  }));
  const all = points.flatMap(({ training, heldout }) => [training, heldout]);
  const domain = [0, Math.max(...all) * 1.06 || 1];
  const axis = (field: string, title: string) =>
    ({ field, type: 'quantitative', scale: { domain, nice: false }, axis: { title, tickCount: 5 } }) as const;
  const x = axis('training', 'distance to the nearest training point');
  const y = axis('heldout', 'to the nearest held-out point');
  const svg = await drawChart({
    ...plot,
    description: 'Distances of generated points to the nearest training and held-out points',
    layer: [
      {
        data: { values: domain.map((end) => ({ training: end, heldout: end })) },
        mark: { type: 'line', strokeWidth: 1.25, strokeDash: [4, 4], color: 'var(--rule)', aria: false },
        encoding: { x, y },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 50, opacity: 0.75 },
        encoding: {
          x,
          y,
          color: {
            field: 'side',
            type: 'nominal',
            scale: { domain: ['training', 'heldout'], range: ['var(--f1)', 'var(--f0)'] },
            legend: null,
          },
          shape: {
            field: 'side',
            type: 'nominal',
            scale: { domain: ['training', 'heldout'], range: ['triangle-up', 'circle'] },
            legend: null,
          },
          description: { field: 'label', type: 'nominal' },
        },
      },
    ],
  });
  const nearer = points.filter(({ side }) => side === 'training').length;
  const cut = shown.length < generated.length ? `The ${mostDots} most memorised are drawn. ` : '';
  return {
    id: 'copies',
    title: 'Copied or new?',
    caption: `${cut}Triangles, above the dashed line: ${plural(nearer, 'point')} of ${shown.length} nearer to a training point than to any held-out one. Copies lie at the very left. In standard deviations per dimension.`,
    svg,
  };
}
