import type { Board, BoardCosts } from '../board.js';
import type { TaskExamples } from '../task-examples.js';
import { renderCsv } from '../text/csv.js';
import { counterfactualTitle, counterfactualWords } from '../view/counterfactual-sentences.js';
import { foreignNote } from '../view/foreign-sentences.js';
import { shortKey } from '../view/format.js';
import { overallTitle } from '../view/overall-sentences.js';
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
import { taskId } from './addresses.js';
import { boardTable, unrankedTable } from './board-table.js';
import type { Marks } from './charts/figure.js';
import { citeSection } from './cite-section.js';
import { counterfactualTable } from './counterfactual-table.js';
import { examplesSection } from './examples-section.js';
import { familyMarks } from './families.js';
import { figuresOf } from './figures.js';
import { toolbar } from './filters.js';
import { generatedSection } from './generated-section.js';
import { type Html, html } from './html.js';
import { leadingSentence } from './leading-sentence.js';
import { overallTable } from './overall-table.js';
import { banner } from './overview/banner.js';
import { kindsOfTasks } from './overview/kinds.js';
import { matrix, matrixKey } from './overview/matrix.js';
import { measuredLine } from './overview/measured-line.js';
import { packedData } from './packed-data.js';
import { pageFrame, themeButton } from './page-frame.js';
import { picturesOf } from './pictures.js';
import { sweepLists } from './sweep-lists.js';
import { tuningSection } from './tuning-section.js';

/**
 * A board as one HTML document that holds its data, its style and its script and reads nothing else. The same board
 * gives the same bytes.
 * @param methodPages where the README of a method is, by its id on the board, seen from the page
 */
export async function renderPage(
  board: Board,
  costs?: BoardCosts,
  examples: readonly TaskExamples[] = [],
  methodPages: ReadonlyMap<string, string> = new Map(),
): Promise<string> {
  const views = taskViews(board, costs);
  const marks = familyMarks(board.rows.filter(({ kind }) => kind !== 'ceiling').map(({ family }) => family));
  const sections: Html[] = [];
  for (const [i, view] of views.entries())
    sections.push(await taskSection(view, i, { board, costs, marks, methodPages }, examples));
  const means = board.overall.filter(({ rows }) => rows.some(({ mean }) => mean !== undefined));
  return pageFrame(
    `${board.grid} · Attribution Bench`,
    html`<header class="page">
<div class="bar"><p class="brand"><a href="../index.html">Attribution Bench</a></p>${themeButton}</div>
<h1>${board.grid}</h1>
${measuredLine(board, costs, views)}
${banner(views)}
</header>
<main id="content">
${overview(board, marks, views)}
${tabs(views)}
${sections}
${means.map((overall) => html`<details class="more"><summary>${overallTitle(overall)}</summary>${overallTable(overall, board.statistics.ci)}</details>`)}
${(board.counterfactuals ?? []).map((of) => html`<details class="more"><summary>${counterfactualTitle(of)}</summary>${counterfactualTable(of, board)}</details>`)}
</main>
${provenance(board, costs)}
<div id="tip" role="status" hidden></div>
${packedData('board-data', `${JSON.stringify(board, null, 2)}\n`)}
${packedData('costs-data', `${JSON.stringify(costs ?? null, null, 2)}\n`)}
${packedData('csv-data', renderCsv(board, costs))}`,
  );
}

interface PageData {
  readonly board: Board;
  readonly costs: BoardCosts | undefined;
  readonly marks: Marks;
  readonly methodPages: ReadonlyMap<string, string>;
}

async function taskSection(
  view: TaskView,
  index: number,
  data: PageData,
  examples: readonly TaskExamples[],
): Promise<Html> {
  const { task, metric } = view;
  const shown = examples.find((candidate) => candidate.task === task.id);
  const notes = [settlingSentence(view), undefinedSentence(view), ceilingSentence(view), foreignNote(task)];
  const more = [choiceSentence(view, data.board.selection?.budget), ...reachedSentences(view), methodNotes(view)];
  const pictures = picturesOf(`p${index}`, shown?.pictures ?? []);
  const lead = leadingSentence(view);
  const paragraphs = (texts: readonly (string | undefined)[]) =>
    texts.flatMap((text) => (text === undefined ? [] : [html`<p class="note">${text}</p>`]));
  return html`<section class="task${index === 0 ? html` on` : undefined}" id="${taskId(task.id)}" data-task="${task.id}" aria-labelledby="task-${index}">
<h2 id="task-${index}">${task.id}</h2>
${lead && html`<p class="lead">${lead}</p>`}
<p class="note">${measuredSentence(task, metric)}</p>
${boardTable(view, data, index)}
${paragraphs(notes)}
<details class="more"><summary>Model, truth and choice of settings</summary>
<p class="note">${modelSentence(task)}.</p>
${truthFacts(view, data.board)}
${paragraphs(more)}
</details>
${unrankedTable(view, data)}
${figuresOf(view, data.marks)}
${folded('Tuning and parameter sweeps', tuningAndSweeps(view))}
${folded('What was generated', generatedSection(task, shown, pictures))}
${folded(
  'What methods see',
  shown &&
    examplesSection(
      shown,
      pictures,
      data.board.rows.filter((row) => row.task === task.id),
    ),
)}
${shown && pictures.style}
</section>
`;
}

function tuningAndSweeps(view: TaskView): Html | undefined {
  const [table, lists] = [tuningSection(view), sweepLists(view)];
  return table === undefined && lists === undefined ? undefined : html`${table}${lists}`;
}

/** A part of a task's section that opens on demand. */
function folded(title: string, part: Html | undefined): Html | undefined {
  return part && html`<details class="more"><summary>${title}</summary>${part}</details>`;
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

/** The first screen: who wins on what, and whether it is settled. */
function overview(board: Board, marks: Marks, views: readonly TaskView[]): Html {
  const kinds = kindsOfTasks(views);
  return html`<section class="overview" aria-label="Methods and tasks">
${toolbar(board, marks)}
<div class="kinds">${kinds.map((kind, i) => matrix(kind, i))}</div>
${matrixKey(board.statistics.ci)}
<details class="more"><summary>How to read the numbers</summary><p class="note">${statisticsSentence(board)}</p></details>
</section>`;
}

/** Without scripts a list of links to the sections of tasks. */
function tabs(views: readonly TaskView[]): Html {
  const tab = ({ task }: TaskView, i: number) =>
    html`<a href="#${taskId(task.id)}" data-task="${task.id}"${i === 0 ? html` aria-current="true"` : undefined}>${task.id}</a>`;
  return html`<nav class="tabs" aria-label="Tasks">${views.map(tab)}</nav>`;
}

function provenance(board: Board, costs: BoardCosts | undefined): Html {
  const simple = Object.entries(costs?.provenance ?? {}).filter(([, value]) => typeof value !== 'object');
  const facts = [['schema', board.schema], ...simple.map(([name, value]) => [name, String(value)])];
  return html`<footer>
<p class="downloads">Download <button type="button" data-save="csv" data-name="${board.grid}">CSV</button> <button type="button" data-save="json" data-name="${board.grid}">JSON</button> <button type="button" data-save="costs" data-name="${board.grid}-costs">costs (JSON)</button></p>
${citeSection(board, costs)}
<h2>Provenance</h2><dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<p class="note">Seconds and memory were measured on this machine; everything else has the same bytes wherever it is computed.</p></footer>`;
}
