import { plural } from '@attribution-bench/contract';
import type { BoardTaskSummary } from '../board.js';
import { shortKey } from './format.js';

type Foreign = NonNullable<BoardTaskSummary['foreign']>;

/** Where a published truth comes from, in place of what is said of a model. */
export function foreignSentence({ title, recipe, licence, source, cite }: Foreign, key: string | undefined): string {
  return [
    `${title}: a published truth, and nothing else is known of the task`,
    ...(recipe === undefined ? [] : [`recipe: ${recipe}`]),
    `licence: ${licence}`,
    `source: ${source}`,
    ...(cite === undefined ? [] : [`cite: ${cite}`]),
    ...(key === undefined ? [] : [`truth ${shortKey(key)}`]),
  ].join('; ');
}

/** What training each subset is, for the question that a table answers. */
export function runsWords({ runs, single }: Foreign): string {
  if (runs === undefined) return 'the number of training runs each is not known';
  return single ? `${plural(runs, 'training run')} each` : `the mean of ${plural(runs, 'training run')} each`;
}

/** Why there is no ceiling for a published truth; undefined where outputs of several single runs are known. */
export function noCeiling({ runs, single }: Foreign): string | undefined {
  if (single && runs !== undefined && runs > 1) return undefined;
  const known = single
    ? 'there is one training run of each subset'
    : runs === undefined
      ? 'how many training runs the outputs are means of is not known, and single ones are not published'
      : runs === 1
        ? 'there is one training run of each subset'
        : `only means over ${plural(runs, 'training run')} of each subset are published`;
  return `The noise ceiling cannot be known: it takes outputs of two single training runs or more of each subset, and ${known}.`;
}

/** What methods could learn from, and what was not measured; undefined where there is nothing to say. */
export function foreignNote({ foreign }: BoardTaskSummary): string | undefined {
  if (foreign === undefined) return undefined;
  const { learned, unmeasured } = foreign;
  const sentences = [
    ...(learned === undefined
      ? []
      : [`Methods that learn from subsets were given ${learned} others, none of which is reported on.`]),
    ...(unmeasured.length === 0
      ? []
      : [`Not measured: ${unmeasured.join(', ')}, since more than the truth is needed for that.`]),
  ];
  return sentences.length === 0 ? undefined : sentences.join(' ');
}
