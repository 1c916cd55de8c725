import type { Config, TopLevelSpec } from 'vega-lite';

/** Width that every chart is drawn at, in CSS pixels; pages scale it. */
export const chartWidth = 480;
/** Narrower drawings are given room at the right, so that text has one size in all charts. */
const leastWidth = 500;

const config: Config = {
  font: 'inherit',
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

/** What Vega writes although nothing is to be seen of it, or although it is so anyway; a third of all bytes. */
const invisible = /<path class="(?:background|foreground)"[^>]*\/>|<text [^>]* opacity="0">[^<]*<\/text>/g;
const defaults =
  / (?:xmlns:xlink="[^"]*"|version="[^"]*"|aria-roledescription="[^"]*"|font-family="inherit"|font-size="12px"|class="[^"]*"|(?:opacity|stroke-width)="1"|pointer-events="none")/g;
const size = /width="([\d.]+)" height="([\d.]+)" viewBox="[^"]*"/;
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
    .replace(invisible, '')
    .replace(defaults, '')
    .replace(/^<svg/, '<svg font-size="12px"')
    .replace(size, (_, width, height) => {
      const atLeast = Math.max(Number(width), leastWidth);
      return `width="${atLeast}" height="${height}" viewBox="0 0 ${atLeast} ${height}"`;
    })
    .replace(coordinates, (attribute) => attribute.replace(/(\.\d{2})\d+/g, '$1'));
}
