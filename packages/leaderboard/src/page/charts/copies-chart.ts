import { plural } from '@attribution-bench/contract';
import type { GeneratedExample } from '../../task-examples.js';
import { singleLine } from '../../text/display-text.js';
import { outlines } from '../families.js';
import { html, trusted } from '../html.js';
import { type Box, drawing, drawingWidth, frame, linearScale, short, told } from './drawing.js';
import type { Figure } from './figure.js';

/** At most so many generated points are drawn, the most memorised ones. */
const mostDots = 500;

/** How far each generated point is from the nearest training and the nearest held-out point: copies lie at the left. */
export function copiesChart(generated: readonly GeneratedExample[]): Figure | undefined {
  if (generated.length === 0) return undefined;
  const shown = generated.slice(0, mostDots);
  const points = shown.map(({ source, nearest, trainingDistance, heldoutDistance }) => ({
    training: trainingDistance,
    heldout: heldoutDistance,
    side: trainingDistance < heldoutDistance ? 'training' : 'heldout',
    label: `${singleLine(source)}: ${trainingDistance.toFixed(2)} from training point ${nearest}, ${heldoutDistance.toFixed(2)} from the nearest held-out one`,
  }));
  const most = Math.max(...points.flatMap(({ training, heldout }) => [training, heldout])) * 1.06 || 1;
  const box: Box = { left: 42, top: 26, width: drawingWidth - 54, height: 280 };
  const span = { from: 0, to: most };
  const x = linearScale('distance to the nearest training point', span, box.left, box.left + box.width);
  const y = linearScale('distance to the nearest held-out point', span, box.top + box.height, box.top);
  const marks = points.map(({ training, heldout, side, label }) =>
    told(
      label,
      html`<g transform="translate(${short(x.at(training) - 4)} ${short(y.at(heldout) - 4)}) scale(.8)" fill="${trusted(side === 'training' ? 'var(--f1)' : 'var(--f0)')}" fill-opacity=".75">${trusted(outlines[side === 'training' ? 'triangle-up' : 'circle'])}</g>`,
    ),
  );
  const svg = drawing(
    box.top + box.height + 42,
    'Distances of generated points to the nearest training and held-out points',
    [
      frame(box, x, y),
      html`<path d="M${box.left} ${box.top + box.height}L${box.left + box.width} ${box.top}" stroke="var(--rule)" stroke-dasharray="4 4"/>`,
      ...marks,
    ],
  );
  const nearer = points.filter(({ side }) => side === 'training').length;
  const cut = shown.length < generated.length ? `The ${mostDots} most memorised are drawn. ` : '';
  return {
    id: 'copies',
    title: 'Copied or new?',
    caption: `${cut}Triangles, above the dashed line: ${plural(nearer, 'point')} of ${shown.length} nearer to a training point than to any held-out one. Copies lie at the very left. In standard deviations per dimension.`,
    svg,
  };
}
