import { plural } from '@attribution-bench/contract';
import type { BoardTaskSummary } from '../board.js';
import type { BoardDiagnostic } from '../board-input.js';
import type { GeneratedExample, TaskExamples } from '../task-examples.js';
import { formatValue } from '../view/format.js';
import { diagnosticGroups, diagnosticsSentence, notComputed } from '../view/sentences.js';
import { copiesChart } from './charts/copies-chart.js';
import { figureElement } from './figures.js';
import { type Html, html, minus } from './html.js';
import type { Pictures } from './pictures.js';

/** What a generator's generated queries are like as a whole, and each beside the training point nearest to it. */
export function generatedSection(
  { id, diagnostics }: BoardTaskSummary,
  examples: TaskExamples | undefined,
  pictures: Pictures,
): Html | undefined {
  if (diagnostics === undefined) return undefined;
  const generated = examples?.generated ?? [];
  const chart = copiesChart(generated);
  return html`<p class="note">${diagnosticsSentence(generated.length)}</p>
<div class="generated">${diagnosticsTable(diagnostics, id)}${chart && figureElement(chart, id)}</div>
${memorisation(generated, pictures)}`;
}

function diagnosticsTable(diagnostics: readonly BoardDiagnostic[], task: string): Html {
  const groups = Object.entries(diagnosticGroups).map(([group, title]) => {
    const rows = diagnostics.filter((diagnostic) => diagnostic.group === group);
    if (rows.length === 0) return undefined;
    return html`<tbody><tr class="group"><th scope="rowgroup" colspan="3">${title}</th></tr>
${rows.map(({ title: name, better, value, note }) => html`<tr><th scope="row">${name}${note && html`<small>${value === undefined ? notComputed(note) : note}</small>`}</th><td class="number"><span class="value">${value === undefined ? '–' : minus(formatValue(value))}</span></td><td class="better">${better === 'zero' ? 'near 0' : better}</td></tr>`)}</tbody>
`;
  });
  return html`<div class="scroller" role="region" tabindex="0" aria-label="Diagnostics of what ${task} generated"><table class="diagnostics">
<caption>These describe the generator, not any method.</caption>
<thead><tr><th scope="col">measure</th><th scope="col" class="number">value</th><th scope="col">better</th></tr></thead>
${groups}</table></div>`;
}

/** Generated images, each beside the training image nearest to it, the most memorised first. */
function memorisation(generated: readonly GeneratedExample[], pictures: Pictures): Html | undefined {
  const pairs = generated.flatMap((example) => {
    if (example.pictures === undefined) return [];
    const { source, nearest, trainingDistance, memorisation: likelihood, heldoutDistance } = example;
    const about = `${source}, nearest training point ${nearest} at distance ${trainingDistance.toFixed(2)}, held-out at ${heldoutDistance.toFixed(2)}, memorisation ${minus(likelihood.toFixed(2))}`;
    return [
      html`<li title="${about}">${pictures.show(example.pictures.own, source)}${pictures.show(example.pictures.nearest, `training point ${nearest}`)}<small>${minus(likelihood.toFixed(2))}</small></li>`,
    ];
  });
  if (pairs.length === 0) return undefined;
  const those = pairs.length < generated.length ? `the ${pairs.length} most memorised of ${generated.length}` : 'all';
  return html`<h4>Generated images and the training images nearest to them</h4>
<p class="note">Left of each pair what was generated, right the nearest training image, below them how memorised it is: the log likelihood per dimension of that training point around the generated one, high is copied. Shown are ${those}, the most memorised first.</p>
<ul class="pairs" aria-label="${plural(pairs.length, 'generated image')} by memorisation">${pairs}</ul>`;
}
