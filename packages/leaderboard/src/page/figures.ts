import type { TaskView } from '../view/task-view.js';
import { costChart } from './charts/cost-chart.js';
import { curveChart } from './charts/curve-chart.js';
import type { Figure, Marks } from './charts/figure.js';
import { growthChart } from './charts/growth-chart.js';
import { queryChart } from './charts/query-chart.js';
import { familyGlyph } from './families.js';
import { type Html, html, trusted } from './html.js';

/** The charts of a task: cost, growth, queries, and curves of metrics. */
export function figuresOf(view: TaskView, marks: Marks): Html {
  const drawn = [costChart(view, marks), growthChart(view, marks), queryChart(view, marks)];
  const metrics = view.metric === undefined ? view.otherMetrics : [view.metric, ...view.otherMetrics];
  for (const metric of metrics) drawn.push(curveChart(view, metric, marks));
  const figures = drawn.flatMap((figure) => figure ?? []);
  if (figures.length === 0) return html``;
  const families = new Set([...view.ranked, ...view.controls].map(({ row }) => row.family));
  const legend = [...marks.values()].filter(({ family }) => families.has(family));
  const { id } = view.task;
  return html`<ul class="legend" aria-label="Families">${legend.map((mark) => html`<li>${familyGlyph(mark)}${mark.family}</li>`)}</ul>
<div class="figures">${figures.map((figure) => figureElement(figure, id))}</div>`;
}

/** A chart in a card, with its heading, what it says and a button that saves it. */
export function figureElement({ id, title, caption, svg }: Figure, task: string): Html {
  return html`<figure class="chart"><div class="heading"><h4>${title}</h4><button type="button" class="save" data-save="svg" data-name="${task}-${id}" aria-label="Download ${title} as SVG">SVG</button></div>
<div class="drawing">${trusted(svg)}</div>
<figcaption>${caption}</figcaption></figure>
`;
}
