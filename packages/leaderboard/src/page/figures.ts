import type { TaskView } from '../view/task-view.js';
import { costChart } from './charts/cost-chart.js';
import { curveChart } from './charts/curve-chart.js';
import type { Figure, Marks } from './charts/figure.js';
import { growthChart } from './charts/growth-chart.js';
import { queryChart } from './charts/query-chart.js';
import { sweepChart } from './charts/sweep-chart.js';
import { familyGlyph } from './families.js';
import { type Html, html, trusted } from './html.js';

/** More sweeps than this are folded away. */
const mostOpenSweeps = 3;

/** The charts of a task: cost, growth, queries, curves of metrics, and the settings that were tried. */
export async function figuresOf(view: TaskView, marks: Marks): Promise<Html> {
  const drawn = [await costChart(view, marks), await growthChart(view, marks), await queryChart(view, marks)];
  const metrics = view.metric === undefined ? view.otherMetrics : [view.metric, ...view.otherMetrics];
  for (const metric of metrics) drawn.push(await curveChart(view, metric, marks));
  const figures = drawn.flatMap((figure) => figure ?? []);
  const sweeps: Figure[] = [];
  for (const row of [...view.ranked, ...view.controls]) {
    const sweep = await sweepChart(row, view);
    if (sweep !== undefined) sweeps.push(sweep);
  }
  if (figures.length === 0 && sweeps.length === 0) return html``;
  const families = new Set([...view.ranked, ...view.controls].map(({ row }) => row.family));
  const legend = [...marks.values()].filter(({ family }) => families.has(family));
  const { id } = view.task;
  const open = sweeps.length <= mostOpenSweeps;
  return html`<ul class="legend" aria-label="Families">${legend.map((mark) => html`<li>${familyGlyph(mark)}${mark.family}</li>`)}</ul>
<div class="figures">${[...figures, ...(open ? sweeps : [])].map((figure) => figureElement(figure, id))}</div>
${open ? undefined : html`<details class="sweeps"><summary>Parameter sweeps (${sweeps.length})</summary><div class="figures">${sweeps.map((figure) => figureElement(figure, id))}</div></details>`}`;
}

/** A chart in a card, with its heading, what it says and a button that saves it. */
export function figureElement({ id, title, caption, svg }: Figure, task: string): Html {
  return html`<figure class="chart"><div class="heading"><h4>${title}</h4><button type="button" class="save" data-save="svg" data-name="${task}-${id}" aria-label="Download ${title} as SVG">SVG</button></div>
<div class="drawing">${trusted(svg)}</div>
<figcaption>${caption}</figcaption></figure>
`;
}
