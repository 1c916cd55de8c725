import { type FamilyMark, outlines } from '../families.js';
import { type Html, html, trusted } from '../html.js';
import { short } from './drawing.js';

/** A chart with the words that go with it. */
export interface Figure {
  /** Part of the name of the file it is downloaded as. */
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly svg: string;
}

export type Marks = ReadonlyMap<string, FamilyMark>;

/** The colour of a family, a variable of the style sheet. */
export function colorOf(marks: Marks, family: string): string {
  return marks.get(family)?.color ?? 'var(--ink)';
}

/** The shape of a family at a place of a drawing, hollow or filled, over a rim that keeps it apart from lines. */
export function markAt(mark: FamilyMark | undefined, x: number, y: number, hollow: boolean): Html {
  const [color, shape] = mark === undefined ? ['var(--ink)', outlines.circle] : [mark.color, outlines[mark.shape]];
  const paint = hollow
    ? html`fill="var(--card)" stroke="${trusted(color)}" stroke-width="2"`
    : html`fill="${trusted(color)}" stroke="var(--card)"`;
  return html`<g transform="translate(${short(x - 5)} ${short(y - 5)})" ${paint}>${trusted(shape)}</g>`;
}
