import { checkParams, formatCount, type Json } from '@attribution-bench/contract';
import { metrics } from '@attribution-bench/metrics';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BoardInput } from '../src/board-input.js';
import {
  type Board,
  type BoardCosts,
  boardFiles,
  makeBoard,
  makeCosts,
  renderCsv,
  renderMarkdown,
  renderPage,
  renderTerminal,
} from '../src/index.js';
import { displayWidth, singleLine, truncate, wrap } from '../src/text/display-text.js';
import { readableJson } from '../src/text/json.js';
import { axisOf, whisker } from '../src/text/whisker.js';
import { formatBytes, formatRank, formatSeconds, formatSigned, formatValue } from '../src/view/format.js';
import { measuredSentence, statisticsSentence } from '../src/view/sentences.js';
import { exampleGrid } from './example-grid.js';

const escapeCode = String.fromCharCode(27);
let input: BoardInput;
let board: Board;
let costs: BoardCosts;
beforeAll(() => {
  input = exampleGrid();
  board = makeBoard(input);
  costs = makeCosts(input);
});

describe('the terminal table', () => {
  it.each([80, 120])('is laid out for %d columns', async (width) => {
    const text = renderTerminal(board, costs, { width, color: false });
    for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    await expect(text).toMatchFileSnapshot(`golden/terminal-${width}.txt`);
  });

  it.each([60, 72, 100, 140, 200])('has no line longer than %d columns', (width) => {
    const text = renderTerminal(board, costs, { width, color: false });
    for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });

  it('has the same text with and without colour, and stands without costs', () => {
    const plain = renderTerminal(board, costs, { width: 120, color: false });
    const painted = renderTerminal(board, costs, { width: 120, color: true });
    expect(plain).not.toContain(escapeCode);
    expect(painted.replaceAll(new RegExp(`${escapeCode}\\[\\d+m`, 'g'), '')).toBe(plain);
    expect(renderTerminal(board, undefined, { width: 120, color: false })).not.toContain('fit+score');
  });
});

describe('the files of a board', () => {
  it('are made from the same rows', async () => {
    const files = boardFiles(board, costs);
    expect(JSON.parse(files['board.json'])).toEqual(JSON.parse(JSON.stringify(board)));
    expect(JSON.parse(files['board-costs.json']).provenance).toEqual(input.provenance);
    await expect(files['board.md']).toMatchFileSnapshot('golden/board.md');
    await expect(files['board.csv']).toMatchFileSnapshot('golden/board.csv');
  });

  it('has one CSV line a row, with as many cells as the header', () => {
    const lines = renderCsv(board, costs).trimEnd().split('\r\n').map(parseCsvLine);
    expect(lines).toHaveLength(board.rows.length + 1);
    for (const line of lines) expect(line).toHaveLength(lines[0].length);
  });
});

it.each(['terminal', 'markdown', 'csv'])('says in %s why a control has no result', (format) => {
  const reason = 'needed more than 3GiB';
  const broken = makeBoard({
    ...input,
    cells: input.cells.map((cell) =>
      cell.method === 'random' && cell.task === 'digits-mlp'
        ? { ...cell, status: 'failed', reason, metrics: {} }
        : cell,
    ),
    report: { ...input.report, resamples: 2 },
  });
  const render = { terminal: terminalText, markdown: renderMarkdown, csv: renderCsv }[format] as typeof terminalText;
  const lines = render(broken).split('\n');
  expect(lines.filter((line) => line.includes('Random') && line.includes(reason))).toHaveLength(1);
});

it('says of intervals only what they hold for', () => {
  const sentence = (made: Board) => statisticsSentence(made);
  expect(sentence(board)).toContain(
    'fresh subsets, queries and method seeds, those of mislabel-auc for fresh training points in place of',
  );
  const single = makeBoard({ ...input, cells: input.cells.filter(({ seed }) => seed === 0) });
  expect(sentence(single)).toContain('fresh subsets and queries, those of mislabel-auc');
  expect(sentence(single)).toContain('the one method seed shows nothing');
  const withCurve: Board = {
    ...board,
    rows: board.rows.map((row) => ({
      ...row,
      metrics: {
        ...row.metrics,
        'removal-curve': { value: 1, low: 0, high: 2, perSeed: [], repeats: { retrainings: 3 } },
      },
    })),
  };
  expect(sentence(withCurve)).toContain(', those of removal-curve for fresh retrainings too (');
});

it.each(['loo', 'mislabel-auc', 'removal-curve', 'counterfactual', 'counterfactual-cosine'])(
  'says what %s asks, in words',
  (id) => {
    const checked = checkParams(metrics[id].params, {});
    if (!checked.ok) throw new Error(checked.problems[0].message);
    const { title, higherIsBetter, question } = metrics[id];
    const [task] = board.tasks;
    const of = { target: task.target, train: String(task.train), queries: '48 queries' };
    const asking = { ...task, questions: { [id]: question?.(checked.params, of) ?? '' } };
    const params = { ...checked.params } as Record<string, Json>;
    const asked = measuredSentence(asking, { id, title, higherIsBetter, params });
    expect(asked).toMatch(/^[A-Z].*: .*\?$/);
    expect(asked).toContain('120');
    expect(asked).not.toMatch(/undefined|NaN|after retraining on/);
  },
);

it('is shown of a metric that is not installed, and of boards that keep no question', () => {
  const own = { id: 'their-metric', title: 'Their metric', unit: '%', higherIsBetter: true, params: {} };
  const [task] = board.tasks;
  expect(measuredSentence({ ...task, questions: { 'their-metric': 'do scores please them' } }, own)).toBe(
    'Their metric: do scores please them?',
  );
  expect(measuredSentence(task, own)).toMatch(/^Their metric: do scores predict the /);
});

function terminalText(made: Board): string {
  return renderTerminal(made, undefined, { width: 120, color: false });
}

it('shows what generated images are like as a whole', () => {
  const diagnostics = [
    { id: 'fid-test', title: 'Fréchet distance to held-out points', group: 'distance', better: 'lower', value: 12.5 },
    { id: 'ct', title: 'Data-copying test', group: 'memorisation', better: 'zero', note: 'it takes more points' },
  ] as const;
  const shown = {
    ...board,
    tasks: board.tasks.map((task, i) => (i === 0 ? { ...task, diagnostics } : task)),
  };
  const terminal = renderTerminal(shown, costs, { width: 120, color: false });
  expect(terminal).toContain('12.500  Fréchet distance to held-out points (lower is better)');
  expect(terminal).toMatch(/- {2}Data-copying test \(best near 0\)\n +cannot be computed: it takes more points\n/);
  const markdown = renderMarkdown(shown, costs);
  expect(markdown).toContain('| Fréchet distance to held-out points | lower is better | 12.500 |');
  expect(markdown).toContain('| best near 0 | cannot be computed: it takes more points |');
});

describe('hostile text', () => {
  const names = [
    '<script>alert(1)</script>',
    '=HYPERLINK("http://evil","x")',
    '+1',
    '@everyone',
    '-2+3',
    'a|b`c`*d*_e_[f](javascript:g)\n# h',
    `${escapeCode}[31mred${escapeCode}]8;;http://evil${escapeCode}\\`,
    'left\u202eright',
    '\t=1',
    '"quoted", and more',
  ];
  const hostile = (name: string): [Board, BoardCosts] => {
    const renamed = {
      ...input,
      methods: input.methods.map((method) => ({ ...method, title: name, family: name })),
      cells: input.cells.map((cell) => (cell.reason === undefined ? cell : { ...cell, reason: name })),
    };
    return [makeBoard({ ...renamed, report: { ...input.report, resamples: 2 } }), makeCosts(renamed)];
  };

  it.each(names)('%j shows as text in every format', (name) => {
    const [made, spent] = hostile(name);
    const terminal = renderTerminal(made, spent, { width: 200, color: false });
    expect(terminal).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e]/u);
    const markdown = renderMarkdown(made, spent);
    expect(markdown).not.toMatch(/<script|(?<!\\)\[f\]|(?<!\\)`c|\n# h|@everyone/);
    const [header, ...lines] = renderCsv(made, spent).trimEnd().split('\r\n').map(parseCsvLine);
    for (const line of lines) {
      expect(line).toHaveLength(header.length);
      for (const column of ['title', 'family', 'reason'])
        expect(line[header.indexOf(column)]).not.toMatch(/^[=+\-@\t]/);
    }
  });
});

describe('display text', () => {
  it('measures, cuts and wraps by columns', () => {
    expect(displayWidth('naïve')).toBe(5);
    expect(displayWidth('ナレッジ')).toBe(8);
    expect(truncate('ナレッジ蒸留', 7)).toBe('ナレッ…');
    expect(truncate('exact', 5)).toBe('exact');
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(singleLine('a\r\nb\u2028c')).toBe('a b c');
  });

  it('draws whiskers around a dot', () => {
    const axis = axisOf([{ low: 0.1, high: 0.98 }]);
    expect(axis).toEqual({ from: 0, to: 1 });
    expect(whisker({ value: 0.5, low: 0.2, high: 0.8 }, axis, 10)).toBe('┊ ├──●──┤ ');
    expect(whisker({ value: 0.5, low: 0.5, high: 0.5 }, axis, 10, 0.95)).toBe('┊    ●   ┊');
  });

  it('formats numbers', () => {
    expect([formatValue(-0.0001), formatValue(-0.25), formatSigned(0.0004), formatSigned(0.5)]).toEqual([
      '0.000',
      '-0.250',
      '0.000',
      '+0.500',
    ]);
    expect([0.004, 9.996, 99.96, 3599, 3600 * 2 + 7 * 60].map(formatSeconds)).toEqual([
      '0.00 s',
      '10.0 s',
      '1 min 40 s',
      '59 min 59 s',
      '2 h 07 min',
    ]);
    expect([5e5, 2e8, 3e9].map(formatBytes)).toEqual(['0.5 MiB', '191 MiB', '2.8 GiB']);
    expect([formatCount(999), formatCount(2273856)]).toEqual(['999', '2,273,856']);
    expect([formatRank({ low: 2, high: 2 }), formatRank({ low: 1, high: 3 })]).toEqual(['2', '1-3']);
  });

  it('lays JSON out to be read, without changing it', () => {
    const value = { a: [1, 2, 3], b: { c: 'x'.repeat(130), d: {}, e: [] }, f: Array.from({ length: 90 }, (_, i) => i) };
    const text = readableJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text.split('\n')).toHaveLength(10);
  });
});

function parseCsvLine(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  );
}

describe('rows of other programs', () => {
  const external = (cost: BoardInput['cells'][number]['cost']): BoardInput => ({
    ...input,
    methods: input.methods.map((method) => (method.id === 'tracin' ? { ...method, origin: 'external' } : method)),
    cells: input.cells.map((cell) => {
      if (cell.method !== 'tracin') return cell;
      const { cost: _, ...rest } = cell;
      return cost === undefined ? rest : { ...rest, cost };
    }),
  });

  it('say so, and which costs are declared and not measured', async () => {
    const declared = external({ declared: true, scoreSeconds: 754, retrainings: 3 });
    const [itsBoard, itsCosts] = [makeBoard(declared), makeCosts(declared)];
    expect(itsCosts.rows.filter(({ entry }) => entry === 'tracin')).toEqual(
      ['digits-mlp', 'digits-ddpm'].map((task) => ({
        task,
        entry: 'tracin',
        declared: true,
        scoreSeconds: 754,
        retrainings: 3,
      })),
    );
    const text = renderTerminal(itsBoard, itsCosts, { width: 160, color: false });
    expect(text).toMatch(/TracIn ‡ .*12 min 34 s §/);
    expect(text.replace(/\s+/g, ' ')).toMatch(
      /‡ external: scores that another program computed; .*§ as declared by whoever computed the scores, not measured here/,
    );
    const markdown = renderMarkdown(itsBoard, itsCosts);
    expect(markdown).toMatch(/\| TracIn \| gradient \| external \|.*\| {2}\| 12 min 34 s § \| {2}\| 3 § \|/);
    expect(markdown).toContain('External: scores that another program computed; § as declared by');
    const [header, ...lines] = renderCsv(itsBoard, itsCosts).split('\r\n');
    expect(header.split(',').slice(-8)).toEqual([
      'fit_seconds',
      'score_seconds',
      'peak_rss_bytes',
      'retrainings',
      'train_seconds',
      'shared_train_seconds',
      'sweep_seconds',
      'cost_declared',
    ]);
    expect(lines.find((line) => line.includes(',tracin,'))).toMatch(/,,754,,3,,,,1$/);
    expect(lines.find((line) => line.includes(',grad-dot,'))).toMatch(/,0$/);
    const page = await renderPage(itsBoard, itsCosts);
    expect(page).toMatch(/<span class="badge external" title="external: scores that another program computed">/);
    expect(page).toMatch(/12 min 34 s<abbr class="declared" title="as declared by[^"]*"> §<\/abbr>/);
    expect(page).toContain('Declared costs were measured elsewhere, and are left out.');
  });

  it('have no cost where none is declared', () => {
    expect(makeCosts(external(undefined)).rows.some(({ entry }) => entry === 'tracin')).toBe(false);
    expect(makeCosts(external({ declared: true })).rows.some(({ entry }) => entry === 'tracin')).toBe(false);
  });
});
