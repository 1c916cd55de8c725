import { formatInterval, formatShare, formatShares, formatValue } from '../view/format.js';
import { likeRandom, tiedWith } from '../view/standing.js';
import type { TaskView } from '../view/task-view.js';
import { type Html, html, minus } from './html.js';
import { metricName } from './metric-name.js';

/** More methods than this are not named one by one. */
const mostNames = 4;

/** What a task's table says, for those who quote it; undefined when nothing is ranked. */
export function leadingSentence({ task, metric, ranked }: TaskView): Html | undefined {
  const [best, ...others] = ranked;
  if (metric === undefined || best?.value === undefined) return undefined;
  const { value } = best;
  if (ranked.every(likeRandom))
    return html`On <em>${task.id}</em>, no method differs significantly from random scores; first stands <strong>${best.row.title}</strong> with ${metricName(metric)} <b class="number">${minus(formatValue(value.value))}</b> <span class="number">${minus(formatInterval(value))}</span>.`;
  const ceiling =
    value.ofCeiling === undefined
      ? undefined
      : html`, ${formatShare(value.ofCeiling.value)} <span class="number">${minus(formatShares(value.ofCeiling))}</span> of the noise ceiling`;
  const tied = others.filter((other) => tiedWith(best, other));
  const named = tied.length > mostNames ? tied.slice(0, mostNames - 1) : tied;
  const parts = named.map(({ row }) => html`<strong>${row.title}</strong>`);
  if (named.length < tied.length) parts.push(html`${tied.length - named.length} more`);
  const names = parts.map(
    (part, i) => html`${i === 0 ? undefined : i < parts.length - 1 ? html`, ` : html` and `}${part}`,
  );
  const standing =
    others.length === 0
      ? undefined
      : tied.length === 0
        ? others.length === 1
          ? html` Significantly ahead of the other method.`
          : html` Significantly ahead of all ${others.length} others.`
        : html` Statistically tied: ${names}.`;
  return html`On <em>${task.id}</em>, <strong>${best.row.title}</strong> reaches ${metricName(metric)} <b class="number">${minus(formatValue(value.value))}</b> <span class="number">${minus(formatInterval(value))}</span>${ceiling}.${likeRandom(best) ? html` It does not differ significantly from random scores.` : undefined}${standing}`;
}
