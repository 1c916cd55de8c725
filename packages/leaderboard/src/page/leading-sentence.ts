import { formatInterval, formatShare, formatValue } from '../view/format.js';
import type { TaskView } from '../view/task-view.js';
import { type Html, html, minus } from './html.js';

/** What a task's table says, for those who quote it; undefined when nothing is ranked. */
export function leadingSentence({ task, metric, ranked }: TaskView): Html | undefined {
  const [best, ...others] = ranked;
  if (metric === undefined || best?.value === undefined) return undefined;
  const { value } = best;
  const ceiling =
    value.ofCeiling === undefined ? undefined : html`, ${formatShare(value.ofCeiling)} of the noise ceiling`;
  const tied = others.filter(({ row }) => [...(row.groups ?? '')].some((letter) => best.row.groups?.includes(letter)));
  const names = tied
    .slice(0, 3)
    .map(
      ({ row }, i, all) =>
        html`${i === 0 ? '' : html`${i === all.length - 1 && tied.length <= 3 ? html` and ` : html`, `}`}<strong>${row.title}</strong>`,
    );
  const more = tied.length > 3 ? html` and ${tied.length - 3} more` : undefined;
  const standing =
    others.length === 0
      ? undefined
      : tied.length === 0
        ? html` It is told apart from each of the other ${others.length} methods.`
        : html` Not told apart from it: ${names}${more}.`;
  return html`On <em>${task.id}</em>, <strong>${best.row.title}</strong> reaches ${metric.id.toUpperCase()} <b class="number">${minus(formatValue(value.value))}</b> <span class="number">${minus(formatInterval(value))}</span>${ceiling}.${standing}`;
}
