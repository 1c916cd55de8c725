import type { Config, TopLevelSpec } from 'vega-lite';

/** Width that every chart is drawn at, in CSS pixels; pages scale it. */
export const chartWidth = 480;

const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

const config: Config = {
  font,
  background: 'transparent',
  view: { stroke: 'transparent' },
  axis: {
    labelColor: 'var(--muted)',
    titleColor: 'var(--muted)',
    titleFontWeight: 'normal',
    titleFontSize: 12,
    labelFontSize: 12,
    gridColor: 'var(--hairline)',
    domainColor: 'var(--rule)',
    tickColor: 'var(--rule)',
    titlePadding: 8,
  },
  text: { fill: 'var(--ink)', fontSize: 12 },
};

const coordinates = / (?:d|transform|[xy][12]?|width|height)="[^"]*"/g;

/**
 * A chart as SVG whose colours are variables of the page's style sheet. The same specification gives the same bytes:
 * there are no ids in it that count up.
 */
export async function drawChart(spec: TopLevelSpec): Promise<string> {
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new View(parse(compile(spec, { config }).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg
    .replace(/ (?:xmlns:xlink|version)="[^"]*"/g, '')
    .replace(coordinates, (attribute) => attribute.replace(/(\.\d{2})\d+/g, '$1'));
}
