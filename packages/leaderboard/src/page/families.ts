import { type Html, html, trusted } from './html.js';

/** Families in the order of their colours; others take what is left, by name. `control` is grey. */
const known = ['gradient', 'influence', 'complexity', 'similarity', 'generative'];
const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'triangle-down', 'cross', 'triangle-right'] as const;
/** Drawings of the shapes, 10 units wide and high. */
export const outlines: Readonly<Record<Shape, string>> = {
  circle: '<circle cx="5" cy="5" r="4"/>',
  square: '<path d="M1.4 1.4h7.2v7.2H1.4z"/>',
  'triangle-up': '<path d="M5 .8 9.5 9H.5z"/>',
  diamond: '<path d="M5 .2 9.6 5 5 9.8.4 5z"/>',
  'triangle-down': '<path d="M.5 1h9L5 9.2z"/>',
  cross: '<path d="M3.4.5h3.2v2.9h2.9v3.2H6.6v2.9H3.4V6.6H.5V3.4h2.9z"/>',
  'triangle-right': '<path d="M1 .5 9.2 5 1 9.5z"/>',
};

type Shape = (typeof shapes)[number];

/** What marks a family in tables and charts: a colour of the style sheet and a shape, so that either is enough. */
export interface FamilyMark {
  readonly family: string;
  readonly color: string;
  readonly shape: Shape;
}

/** Marks of every family of a board, in the order of the colours. */
export function familyMarks(families: Iterable<string>): ReadonlyMap<string, FamilyMark> {
  const others = [...new Set(families)].filter((family) => !known.includes(family) && family !== 'control').sort();
  const present = new Set(families);
  const marks = [...known, ...others]
    .map((family, i): FamilyMark => ({ family, color: `var(--f${i % 8})`, shape: shapes[i % shapes.length] }))
    .filter(({ family }) => present.has(family));
  if (present.has('control')) marks.push({ family: 'control', color: 'var(--control)', shape: 'circle' });
  return new Map(marks.map((mark) => [mark.family, mark]));
}

/** A family's shape in its colour. */
export function familyGlyph({ color, shape }: FamilyMark): Html {
  return html`<svg class="glyph" viewBox="0 0 10 10" aria-hidden="true" style="${trusted(`fill:${color}`)}">${trusted(outlines[shape])}</svg>`;
}
