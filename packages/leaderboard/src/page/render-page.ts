import { plural } from '@attribution-bench/contract';
import type { Board, BoardCosts } from '../board.js';
import type { TaskExamples } from '../task-examples.js';
import { renderCsv } from '../text/csv.js';
import { counterfactualWords } from '../view/counterfactual-sentences.js';
import { foreignNote } from '../view/foreign-sentences.js';
import { shortKey } from '../view/format.js';
import {
  ceilingSentence,
  choiceSentence,
  measuredSentence,
  methodNotes,
  modelSentence,
  reachedSentences,
  statisticsSentence,
  undefinedSentence,
} from '../view/sentences.js';
import { settlingSentence } from '../view/settling-sentence.js';
import { type TaskView, taskViews } from '../view/task-view.js';
import { boardTable, unrankedTable } from './board-table.js';
import type { Marks } from './charts/figure.js';
import { counterfactualTable } from './counterfactual-table.js';
import { examplesSection } from './examples-section.js';
import { familyGlyph, familyMarks } from './families.js';
import { figuresOf } from './figures.js';
import { generatedSection } from './generated-section.js';
import { type Html, html, inlineJson } from './html.js';
import { leadingSentence } from './leading-sentence.js';
import { overallTable } from './overall-table.js';
import { pageFrame, themeButton } from './page-frame.js';
import { tuningSection } from './tuning-section.js';

/**
 * A board as one HTML document that holds its data, its style and its script and reads nothing else. The same board
 * gives the same bytes.
 */
export async function renderPage(
  board: Board,
  costs?: BoardCosts,
  examples: readonly TaskExamples[] = [],
): Promise<string> {
  const views = taskViews(board, costs);
  const marks = familyMarks(board.rows.filter(({ kind }) => kind !== 'ceiling').map(({ family }) => family));
  const sections: Html[] = [];
  for (const [i, view] of views.entries()) sections.push(await taskSection(view, i, { board, costs, marks }, examples));
  const leads = views.flatMap((view) => leadingSentence(view) ?? []);
  return pageFrame(
    `${board.grid} · Attribution Bench`,
    html`<header class="page">
<div class="bar"><p class="brand"><a href="../index.html">Attribution Bench</a></p>${themeButton}</div>
<h1>${board.grid}</h1>
<div class="leads">${leads.map((lead) => html`<p>${lead}</p>`)}</div>
<p class="note">${statisticsSentence(board)}</p>
<p class="downloads">Download <button type="button" data-save="csv" data-name="${board.grid}">CSV</button> <button type="button" data-save="json" data-name="${board.grid}">JSON</button> <button type="button" data-save="costs" data-name="${board.grid}-costs">costs (JSON)</button></p>
</header>
${filters(board, marks)}
<main id="content">
${board.overall.map((overall) => overallTable(overall, board.statistics.ci))}
${(board.counterfactuals ?? []).map((of) => counterfactualTable(of, board))}
${sections}
</main>
${provenance(board, costs)}
<div id="tip" role="status" hidden></div>
<script type="application/json" id="board-data">${inlineJson(board)}</script>
<script type="application/json" id="costs-data">${inlineJson(costs ?? null)}</script>
<script type="application/json" id="csv-data">${inlineJson(renderCsv(board, costs))}</script>`,
  );
}

interface PageData {
  readonly board: Board;
  readonly costs: BoardCosts | undefined;
  readonly marks: Marks;
}

async function taskSection(
  view: TaskView,
  index: number,
  data: PageData,
  examples: readonly TaskExamples[],
): Promise<Html> {
  const { task, metric } = view;
  const shown = examples.find((candidate) => candidate.task === task.id);
  const notes = [
    choiceSentence(view, data.board.selection?.budget),
    settlingSentence(view),
    ...reachedSentences(view),
    undefinedSentence(view),
    methodNotes(view),
    ceilingSentence(view),
    foreignNote(task),
  ].flatMap((note) => note ?? []);
  return html`<section class="task" data-task="${task.id}" aria-labelledby="task-${index}">
<h2 id="task-${index}">${task.id}</h2>
<p class="measured">${measuredSentence(task, metric)}</p>
<p class="note">${modelSentence(task)}.</p>
${truthFacts(view, data.board)}
${boardTable(view, data, index)}
${notes.map((note) => html`<p class="note">${note}</p>`)}
${unrankedTable(view, data)}
${tuningSection(view)}
${await figuresOf(view, data.marks)}
${await generatedSection(task, shown)}
${
  shown &&
  examplesSection(
    shown,
    data.board.rows.filter((row) => row.task === task.id),
  )
}
</section>
`;
}

/** What the numbers rest on, at a glance. */
function truthFacts({ task, ranked, controls }: TaskView, board: Board): Html {
  const seeds = Math.max(0, ...[...ranked, ...controls].map(({ row }) => row.seeds.length));
  const facts: (readonly [string, string | undefined])[] = [
    ['truth', task.truth && shortKey(task.truth.key)],
    ['counterfactual', task.foreign === undefined ? task.truth && counterfactualWords(task.truth) : undefined],
    ['subsets', task.truth && `${task.report.subsets} of ${task.truth.subsets}`],
    ['retrainings per subset', retrainings(task)],
    ['queries', `${task.report.queries} of ${task.queries}`],
    ['method seeds', String(seeds)],
    ['grid seed', String(board.gridSeed)],
  ];
  return html`<dl class="facts">${facts.flatMap(([name, value]) => (value === undefined ? [] : [html`<div><dt>${name}</dt><dd>${value}</dd></div>`]))}</dl>`;
}

/** Of a published truth the training runs of each subset, where they are known. */
function retrainings({ truth, foreign }: TaskView['task']): string | undefined {
  const runs = foreign === undefined ? truth?.retrainSeeds : foreign.runs;
  return runs === undefined ? undefined : String(runs);
}

function filters(board: Board, marks: Marks): Html {
  const methods = board.rows.filter(({ kind }) => kind === 'method');
  const present = new Set(methods.map(({ family }) => family));
  const families = [...marks.values()].filter(({ family }) => present.has(family));
  const origins = [...new Set(methods.flatMap(({ origin }) => origin ?? []))].sort();
  const chip = (group: string, value: string, label: Html | string) =>
    html`<label class="chip"><input type="checkbox" name="${group}" value="${value}"><span>${label}</span></label>`;
  const group = (title: string, chips: readonly Html[]) =>
    chips.length < 2 ? undefined : html`<fieldset><legend>${title}</legend>${chips}</fieldset>`;
  return html`<form class="filters" id="filters" aria-label="Filters">
${group(
  'task',
  board.tasks.map(({ id }) => chip('task', id, id)),
)}
${group(
  'family',
  families.map((mark) => chip('family', mark.family, html`${familyGlyph(mark)}${mark.family}`)),
)}
${group(
  'origin',
  origins.map((origin) => chip('origin', origin, origin)),
)}
<label class="find">method <input type="search" name="method" autocomplete="off" spellcheck="false" placeholder="name"></label>
<button type="reset">Clear</button>
<output id="count" aria-live="polite">${plural(methods.length, 'row')}</output>
</form>`;
}

function provenance(board: Board, costs: BoardCosts | undefined): Html {
  const simple = Object.entries(costs?.provenance ?? {}).filter(([, value]) => typeof value !== 'object');
  const facts = [['schema', board.schema], ...simple.map(([name, value]) => [name, String(value)])];
  return html`<footer><h2>Provenance</h2><dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<p class="note">Seconds and memory were measured on this machine; everything else has the same bytes wherever it is computed.</p></footer>`;
}
