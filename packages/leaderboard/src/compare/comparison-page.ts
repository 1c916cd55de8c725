import { formatCount } from '@attribution-bench/contract';
import { type Html, html, minus } from '../page/html.js';
import { pageFrame, themeButton } from '../page/page-frame.js';
import type { Axis } from '../text/whisker.js';
import { formatInterval, formatShare, formatShares, formatValue } from '../view/format.js';
import {
  type BoardComparison,
  type ComparedTask,
  type ComparedValue,
  movedVerdicts,
  type SettingDifference,
  type ShownValue,
} from './comparison.js';
import {
  changeText,
  comparisonSummary,
  pairingSentence,
  rankChange,
  valueNote,
  verdictsSentence,
} from './comparison-words.js';

/** Two boards side by side as one HTML document that reads nothing else. */
export function renderComparisonPage(comparison: BoardComparison): string {
  const { boards, settings, tasks, onlyIn } = comparison;
  const lone = (['a', 'b'] as const).filter((side) => onlyIn[side].length > 0);
  return pageFrame(
    `${boards.a.grid} and ${boards.b.grid} · Attribution Bench`,
    html`<header class="page">
<div class="bar"><p class="brand">Attribution Bench</p>${themeButton}</div>
<h1>Two boards side by side</h1>
<dl class="facts"><div><dt>A</dt><dd>${boards.a.name}</dd></div><div><dt>B</dt><dd>${boards.b.name}</dd></div></dl>
<p class="note"><strong>${comparisonSummary(comparison)}.</strong></p>
<p class="note">${verdictsSentence(comparison)}</p>
</header>
<main id="content">
${movedList(comparison)}
${settingsTable('What differs between the boards', settings)}
${tasks.map(taskSection)}
${lone.map((side) => html`<p class="note">Tasks only on ${side.toUpperCase()}: ${onlyIn[side].join(', ')}.</p>`)}
</main>`,
    'compare.css',
  );
}

function taskSection(task: ComparedTask, index: number): Html {
  const { id, settings, values, rankedBy, onlyIn } = task;
  const ranking = values.filter(({ metric }) => metric === rankedBy);
  const others = values.filter(({ metric }) => metric !== rankedBy);
  const count = formatCount(others.length);
  return html`<section class="task" id="${sectionId(index)}" aria-labelledby="task-${index}">
<h2 id="task-${index}">${id}</h2>
<p class="note">${pairingSentence(task)}</p>
${settings.length === 0 ? undefined : settingsTable(`What differs on ${id}`, settings)}
${valuesTable(ranking, `${rankedBy ?? ''} on ${id}`)}
${others.length === 0 ? undefined : html`<details class="more"><summary>${count} values of other metrics</summary>${valuesTable(others, `Other metrics on ${id}`, true)}</details>`}
${(['a', 'b'] as const).map((side) => loneRows(side, onlyIn[side]))}
</section>
`;
}

function settingsTable(caption: string, settings: readonly SettingDifference[]): Html {
  if (settings.length === 0)
    return html`<p class="note">Nothing that the boards keep of how they were made differs.</p>`;
  const rows = settings.map(
    ({ name, a = '–', b = '–' }) => html`<tr><th scope="row">${name}</th><td>${a}</td><td>${b}</td></tr>
`,
  );
  return html`<div class="scroller" role="region" tabindex="0" aria-label="${caption}"><table class="settings"><caption>${caption}</caption>
<thead><tr><th scope="col">what</th><th scope="col">A</th><th scope="col">B</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function sectionId(index: number): string {
  return `compared-${index}`;
}

/** Every value that moved, or may have, with a link to its task. */
function movedList({ tasks }: BoardComparison): Html {
  const items = tasks.flatMap((task, index) =>
    task.values
      .filter(({ verdict }) => movedVerdicts.has(verdict) || verdict === 'unsettled')
      .map(
        (value) =>
          html`<li class="${value.verdict}"><span class="verdict">${value.verdict}</span> <strong>${value.title}</strong> <a href="#${sectionId(index)}">${task.id}</a> ${value.metric} <span class="number">${minus(`${formatValue(value.a.value)} → ${formatValue(value.b.value)}, ${changeText(value)}`)}</span></li>`,
      ),
  );
  return items.length === 0
    ? html`<p class="note">Nothing moved beyond noise.</p>`
    : html`<h2>What moved</h2><ul class="moved">${items}</ul>`;
}

/** Values as rows; on narrow screens as cards, whose cells say what they are. */
function valuesTable(values: readonly ComparedValue[], caption: string, withMetrics = false): Html | undefined {
  if (values.length === 0) return undefined;
  const axis = changeAxis(values);
  const rows = values.map((value) => valueRow(value, axis, withMetrics));
  return html`<div class="scroller" role="region" tabindex="0" aria-label="${caption}"><table class="changes"><caption>${caption}</caption>
<thead><tr><th scope="col">method</th><th scope="col" class="number">A</th><th scope="col" class="number">B</th><th scope="col" class="number">B − A</th><th scope="col"><span class="unseen">change as a bar</span></th><th scope="col">rank</th><th scope="col">verdict</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function valueRow(value: ComparedValue, axis: Axis, withMetrics: boolean): Html {
  const { title, metric, a, b, verdict, kind } = value;
  const note = valueNote(value);
  const metricWords = withMetrics ? html`<small>${metric}</small>` : undefined;
  const noteWords = note === '' ? undefined : html`<small>${note}</small>`;
  return html`<tr class="${kind} ${verdict}"><th scope="row">${title}${metricWords}${noteWords}</th><td class="number" data-label="A">${shown(a)}</td><td class="number" data-label="B">${shown(b)}</td><td class="number" data-label="B − A">${minus(changeText(value))}</td><td class="shift">${changeBar(value, axis)}</td><td data-label="rank">${rankChange(value).replaceAll('-', '–')}</td><td data-label="verdict"><span class="verdict">${verdict}</span></td></tr>
`;
}

function shown(value: ShownValue): Html {
  const share =
    value.ofCeiling &&
    html`<span class="interval">${minus(`${formatShare(value.ofCeiling.value)} ${formatShares(value.ofCeiling)}`)} of ceiling</span>`;
  return html`<span class="value">${minus(formatValue(value.value))}</span><span class="interval">${minus(formatInterval(value))}</span>${share}`;
}

/** An axis around 0 that holds every change. */
function changeAxis(values: readonly ComparedValue[]): Axis {
  const reach = Math.max(
    1e-9,
    ...values.flatMap(({ change }) => (change ? [Math.abs(change.low), Math.abs(change.high)] : [])),
  );
  return { from: -reach, to: reach };
}

function changeBar({ change }: ComparedValue, { from, to }: Axis): Html | undefined {
  if (change === undefined) return undefined;
  const at = (value: number) => `${Number((((value - from) / (to - from)) * 100).toFixed(2))}%`;
  return html`<svg class="change" aria-hidden="true"><line class="zero" x1="50%" x2="50%" y1="0" y2="100%"/><line class="range" x1="${at(change.low)}" x2="${at(change.high)}" y1="50%" y2="50%"/><circle class="dot" cx="${at(change.value)}" cy="50%" r="4"/></svg>`;
}

function loneRows(side: 'a' | 'b', rows: ComparedTask['onlyIn']['a']): Html | undefined {
  if (rows.length === 0) return undefined;
  const items = rows.map(
    ({ title, elsewhere }) => html`<li>${title}: ${elsewhere} on ${side === 'a' ? 'B' : 'A'}</li>`,
  );
  return html`<details class="more"><summary>Only on ${side.toUpperCase()} (${formatCount(rows.length)})</summary><ul>${items}</ul></details>`;
}
