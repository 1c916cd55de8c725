import type { PointMarks } from '@attribution-bench/contract';

/** What is known of points, such as those that something is planted in: the needs of metrics that read it have these names. */
export const markNames = ['groups', 'subclasses', 'shortcut', 'mixed'] as const;
export type MarkName = (typeof markNames)[number];
export type Marks = { readonly [name in MarkName]?: PointMarks };
