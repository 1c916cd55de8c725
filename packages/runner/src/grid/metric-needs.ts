import type { MetricNeed } from '@attribution-bench/contract';
import { hasGroups } from '@attribution-bench/tasks';
import type { GridTask } from '../model/grid.js';
import { type MetricDeclaration, needsTruthAlone } from '../model/metric-declaration.js';

/** Why a metric cannot be had of a task. */
export interface MissingNeed {
  /** Such as `flipped labels`. */
  readonly what: string;
  /** What to set so that it is there. */
  readonly next: string;
}

type Spec = NonNullable<GridTask['spec']>;

interface Wanted extends MissingNeed {
  has(spec: Spec): boolean;
}

const classes: Wanted = {
  what: 'classes that are predicted',
  next: 'take a task with a classifier',
  has: ({ kind }) => kind === 'classifier',
};

const wanted: Readonly<Partial<Record<MetricNeed, Wanted>>> = {
  generated: {
    what: 'generated queries',
    next: 'set queries: { generated: 50 } of a generator',
    has: ({ queries }) => queries.generated > 0,
  },
  'label-noise': {
    what: 'flipped labels',
    next: 'set data: { flipLabels: 0.1 }',
    has: ({ data }) => Number(data.flipLabels ?? 0) > 0,
  },
  groups: {
    what: 'groups of points',
    next: 'take data: { use: emoji }, or arrays with group_train and data: { groups: true }',
    has: ({ data }) => hasGroups(data),
  },
  labels: classes,
  predictions: classes,
  subclasses: {
    what: 'merged classes',
    next: 'set data: { mergeClasses: [0, 0, 1, 1, ...] }, one number for each class',
    has: ({ data }) => data.mergeClasses !== undefined,
  },
  shortcut: {
    what: 'a trigger',
    next: 'set data: { shortcut: { class: "..." } }',
    has: ({ data }) => data.shortcut !== undefined,
  },
  mixed: {
    what: 'points of another dataset',
    next: 'set data: { mixed: { use: ..., label: "..." } }',
    has: ({ data }) => data.mixed !== undefined,
  },
};

/** What a metric needs beside ground truth and a task does not have; undefined where nothing is missing. */
export function missingNeed({ needs }: MetricDeclaration, { spec }: GridTask): MissingNeed | undefined {
  if (spec === undefined) return undefined;
  const need = needs.find((name) => wanted[name]?.has(spec) === false);
  return need && wanted[need];
}

/** Whether a metric finds what it needs in a task. */
export function hasNeeds(metric: MetricDeclaration, task: GridTask): boolean {
  if (task.spec === undefined) return needsTruthAlone(metric);
  if (metric.needs.includes('truth') && task.truth === undefined) return false;
  return missingNeed(metric, task) === undefined;
}
