import { singleLine, truncate } from '../../text/display-text.js';
import { formatValue } from '../../view/format.js';
import { chosenParams } from '../../view/sentences.js';
import type { RowView, TaskView } from '../../view/task-view.js';
import { metricName } from '../metric-name.js';
import { chartWidth, drawChart } from './chart.js';
import type { Figure } from './figure.js';

const rowHeight = 20;
/** The best by the tune split, and the chosen one among them. */
const mostSettings = 16;

/** What each tried setting of one method came to, on the split it was chosen by and on the reported one. */
export async function sweepChart({ row }: RowView, { metric }: TaskView): Promise<Figure | undefined> {
  const tried = row.sweep.filter(({ tune, report }) => tune !== undefined || report !== undefined);
  if (metric === undefined || tried.length < 2) return undefined;
  const sign = metric.higherIsBetter ? -1 : 1;
  const sorted = [...tried].sort((a, b) => sign * ((a.tune ?? a.report ?? 0) - (b.tune ?? b.report ?? 0)));
  const settings = sorted.slice(0, mostSettings).map((entry, place) => ({
    place,
    name: truncate(singleLine(row.varied.map((name) => valueText(entry.params[name])).join(' · ')), 40),
    ...entry,
  }));
  const values = settings.flatMap(splitValues);
  const svg = await drawChart({
    title: { text: truncate(singleLine(row.varied.join(' · ')), 60), ...titleStyle },
    width: chartWidth - 200,
    height: settings.length * rowHeight,
    description: `Settings that were tried for ${singleLine(row.title)}`,
    layer: [nameLayer(settings), valueLayer(values, metricName(metric))],
  });
  const more = sorted.length > mostSettings ? ` The ${mostSettings} best of ${sorted.length} settings are shown.` : '';
  const bySeed = row.paramsBySeed === undefined ? '' : ` By the other seeds: ${chosenParams({ row })}.`;
  return {
    id: `sweep-${row.entry}`,
    title: `Sweep of ${row.title}`,
    caption: `${tried.length} settings, means over seeds. Hollow: tune split, by which the bold one is best; filled: report split.${bySeed}${more}`,
    svg,
  };
}

const titleStyle = {
  anchor: 'start',
  color: 'var(--muted)',
  fontSize: 12,
  fontWeight: 'normal',
  offset: 6,
} as const;

/** Settings stand below each other, best first. */
const y = { field: 'place', type: 'ordinal', axis: null } as const;

/** Hollow for the tune split, filled for the report split. */
const splitFill = { domain: ['tune', 'report'], range: ['transparent', 'var(--accent)'] };

/** A tried setting and where it is drawn. */
interface Setting {
  readonly place: number;
  readonly name: string;
  readonly tune?: number;
  readonly report?: number;
  readonly chosen: boolean;
}

/** The value of a setting on one split. */
interface SplitValue {
  readonly place: number;
  readonly split: 'tune' | 'report';
  readonly value: number;
  readonly label: string;
}

function splitValues(setting: Setting): SplitValue[] {
  const { place, name } = setting;
  return (['tune', 'report'] as const).flatMap((split) => {
    const value = setting[split];
    if (value === undefined) return [];
    return [{ place, split, value, label: `${name}: ${formatValue(value)} on the ${split} split` }];
  });
}

function nameLayer(settings: readonly Setting[]) {
  return {
    data: { values: settings.map(({ place, name, chosen }) => ({ place, name, chosen })) },
    mark: {
      type: 'text',
      align: 'right',
      baseline: 'middle',
      dx: -8,
      fontWeight: { expr: 'datum.chosen ? 700 : 400' },
      aria: false,
    },
    encoding: { y, x: { value: 0 }, text: { field: 'name', type: 'nominal' } },
  } as const;
}

function valueLayer(values: readonly SplitValue[], title: string) {
  const all = values.map(({ value }) => value);
  const margin = Math.max(0.01, (Math.max(...all) - Math.min(...all)) * 0.08);
  const domain = [Math.min(...all) - margin, Math.max(...all) + margin];
  return {
    data: { values: [...values] },
    mark: { type: 'point', size: 55, opacity: 1, strokeWidth: 1.75 },
    encoding: {
      y,
      x: { field: 'value', type: 'quantitative', scale: { domain, nice: false }, axis: { title, tickCount: 4 } },
      stroke: { value: 'var(--accent)' },
      fill: {
        field: 'split',
        type: 'nominal',
        scale: splitFill,
        legend: null,
      },
      description: { field: 'label', type: 'nominal' },
    },
  } as const;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '–');
}
