import { type Html, html, trusted } from '../html.js';

/** Width of every drawing in its own units; pages scale it to between 0.85 and 1.15 CSS pixels, so that text stays readable. */
export const drawingWidth = 400;

/** Where values are drawn, in units of the drawing. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** An axis: what it says, its ticks, and where a value lies in units of the drawing. */
export interface Scale {
  readonly title: string;
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** Equal steps; `start` and `end` are where the ends of the span lie. */
export function linearScale(title: string, span: Span, start: number, end: number): Scale {
  const width = span.to - span.from || 1;
  const rough = width / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const first = Math.ceil(span.from / step - 1e-9);
  const count = Math.floor(span.to / step + 1e-9) - first + 1;
  return {
    title,
    ticks: Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * step).toPrecision(6))),
    at: (value) => start + ((value - span.from) / width) * (end - start),
  };
}

/** Powers of ten, and where there are few of them 2 and 5 times those too. */
export function logScale(title: string, span: Span, start: number, end: number): Scale {
  const [low, high] = [Math.log10(span.from), Math.log10(span.to)];
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const factors = high - low > 2 ? [1] : [1, 2, 5];
  const ticks = powers
    .flatMap((power) => factors.map((factor) => Number((factor * 10 ** power).toPrecision(3))))
    .filter((tick) => tick >= span.from && tick <= span.to);
  const at = (value: number) => start + ((Math.log10(value) - low) / (high - low || 1)) * (end - start);
  return { title, ticks, at };
}

/** A whole drawing. The same parts give the same bytes: there are no ids in it. */
export function drawing(height: number, description: string, parts: readonly (Html | undefined)[]): string {
  return html`<svg viewBox="0 0 ${drawingWidth} ${short(height)}" role="group" aria-label="${description}" font-size="12">${parts}</svg>`
    .markup;
}

/** Two axes around a box, with a line for each tick of the vertical one. */
export function frame({ left, top, width, height }: Box, x: Scale, y: Scale): Html {
  const bottom = top + height;
  const rows = y.ticks.map(
    (tick) =>
      html`<path d="M${left} ${short(y.at(tick))}h${width}" stroke="${trusted(tick === 0 ? 'var(--rule)' : 'var(--hairline)')}"/>${text(left - 6, y.at(tick) + 4, tickText(tick), { anchor: 'end', muted: true })}`,
  );
  return html`${rows}${xAxis({ left, top, width, height }, x)}<path d="M${left} ${bottom}h${width}" stroke="var(--rule)"/>${text(2, top - 10, y.title, { muted: true })}`;
}

/** The horizontal axis below a box. */
export function xAxis({ left, top, height }: Box, x: Scale): Html {
  const bottom = top + height;
  const ticks = x.ticks.map(
    (tick) =>
      html`<path d="M${short(x.at(tick))} ${bottom}v4" stroke="var(--rule)"/>${text(x.at(tick), bottom + 17, tickText(tick), { anchor: 'middle', muted: true })}`,
  );
  return html`${ticks}${text(left, bottom + 35, x.title, { muted: true })}`;
}

interface TextStyle {
  readonly anchor?: 'middle' | 'end';
  readonly muted?: boolean;
  readonly bold?: boolean;
}

export function text(x: number, y: number, words: string, { anchor, muted, bold }: TextStyle = {}): Html {
  return html`<text x="${short(x)}" y="${short(y)}" fill="${trusted(muted === true ? 'var(--muted)' : 'var(--ink)')}"${anchor === undefined ? undefined : html` text-anchor="${anchor}"`}${bold === true ? html` font-weight="600"` : undefined}>${words}</text>`;
}

/** What a mark stands for, on hover, on touch and for screen readers. */
export function told(words: string, marks: Html): Html {
  return html`<g role="img" aria-label="${words}">${marks}</g>`;
}

/** `-0.2`, `0.05`, `1k`. */
function tickText(tick: number): string {
  const words = Math.abs(tick) >= 10_000 ? `${tick / 1000}k` : String(tick);
  return words.replace('-', '−');
}

/** A coordinate with one decimal. */
export function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** The first and the last words of a name that is too long for a drawing: the end tells variants apart. */
export function shortened(name: string, most: number): string {
  if (name.length <= most) return name;
  const end = Math.ceil(most * 0.5);
  return `${name.slice(0, most - end - 1).trimEnd()}…${name.slice(-end).trimStart()}`;
}
