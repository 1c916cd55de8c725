import type { BoardMetric } from '../board-input.js';
import { formatValue } from '../view/format.js';
import { chosenParams } from '../view/sentences.js';
import type { RowView, TaskView } from '../view/task-view.js';
import { type Html, html, minus, trusted } from './html.js';
import { metricName } from './metric-name.js';

/** The best by the tune split, and the chosen one among them. */
const mostSettings = 16;

/** What each tried setting of each method came to, on the split it was chosen by and on the reported one; undefined where none was tried. */
export function sweepLists({ metric, ranked, controls }: TaskView): Html | undefined {
  const lists = metric === undefined ? [] : [...ranked, ...controls].flatMap((view) => sweepList(view, metric) ?? []);
  if (metric === undefined || lists.length === 0) return undefined;
  return html`<h3>Settings that were tried</h3>
<p class="note">${metricName(metric)} as a mean over seeds. Hollow: on the tune split, by which the bold setting is best; filled, with its number: on the report split.</p>
<div class="sweeps">${lists}</div>`;
}

function sweepList({ row }: RowView, { higherIsBetter }: BoardMetric): Html | undefined {
  const tried = row.sweep.filter(({ tune, report }) => tune !== undefined || report !== undefined);
  if (tried.length < 2) return undefined;
  const sign = higherIsBetter ? -1 : 1;
  const sorted = [...tried].sort((a, b) => sign * ((a.tune ?? a.report ?? 0) - (b.tune ?? b.report ?? 0)));
  const shown = sorted.slice(0, mostSettings);
  const values = shown.flatMap(({ tune, report }) => [tune ?? [], report ?? []].flat());
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const place = (value: number) => Math.round(((value - least) / (most - least || 1)) * 100);
  const items = shown.map(({ params, tune, report, chosen }) => {
    const setting = row.varied.map((name) => valueText(params[name])).join(' · ');
    const places = [tune === undefined ? '' : `--t:${place(tune)}`, report === undefined ? '' : `--r:${place(report)}`];
    return html`<li${chosen ? html` class="chosen"` : undefined}><span>${setting}</span><i style="${trusted(places.filter((text) => text !== '').join(';'))}"></i><span>${report === undefined ? '–' : minus(formatValue(report))}</span></li>`;
  });
  const notes = [
    ...(sorted.length > mostSettings ? [`The ${mostSettings} best of ${sorted.length} settings.`] : []),
    ...(row.paramsBySeed === undefined ? [] : [`By the other seeds: ${chosenParams({ row })}.`]),
  ];
  return html`<div class="sweep" data-family="${row.family}" data-origin="${row.origin ?? ''}" data-name="${row.title} ${row.entry}"><h4>${row.title} <small>${row.varied.join(' · ')}</small></h4><ul>${items}</ul>${notes.length === 0 ? undefined : html`<p class="note">${notes.join(' ')}</p>`}</div>
`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '–');
}
