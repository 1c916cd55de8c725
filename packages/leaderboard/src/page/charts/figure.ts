import type { FamilyMark } from '../families.js';

/** A chart with the words that go with it. */
export interface Figure {
  /** Part of the name of the file it is downloaded as. */
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly svg: string;
}

export type Marks = ReadonlyMap<string, FamilyMark>;

/** Colour of each family, as a scale. */
export function colorScale(marks: Marks): { domain: string[]; range: string[] } {
  return { domain: [...marks.keys()], range: [...marks.values()].map(({ color }) => color) };
}

/** Shape of each family, as a scale. */
export function shapeScale(marks: Marks): { domain: string[]; range: string[] } {
  return { domain: [...marks.keys()], range: [...marks.values()].map(({ shape }) => shape) };
}
