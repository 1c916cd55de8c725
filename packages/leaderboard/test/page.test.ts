import { beforeAll, describe, expect, it } from 'vitest';
import { type Board, type BoardCosts, makeBoard, makeCosts, renderIndex, renderPage } from '../src/index.js';
import type { TaskExamples } from '../src/task-examples.js';
import { exampleGrid } from './example-grid.js';
import { simulatedGrid } from './simulated-grid.js';

let board: Board;
let costs: BoardCosts;
let page: string;
beforeAll(async () => {
  const input = await exampleGrid();
  board = makeBoard(input);
  costs = makeCosts({ ...input, provenance: { ...input.provenance, file: "my grid's.yaml", quick: true } });
  page = await renderPage(board, costs);
});

describe('the page of a board', () => {
  it('has the same bytes each time, and no ids that count up', async () => {
    expect(await renderPage(board, costs)).toBe(page);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('reads nothing but itself', () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<(?:script|img|iframe)[^>]* src="(?!data:)/);
    expect(page.match(/<link[^>]*>/g)).toEqual(['<link rel="icon" href="data:,">']);
    expect(page).not.toMatch(/@import|url\(/);
  });

  it('has a heading for each column and each row, and a caption, in each table', () => {
    const tables = page.match(/<table[\s\S]*?<\/table>/g) ?? [];
    expect(tables.length).toBeGreaterThanOrEqual(board.tasks.length);
    for (const table of tables) {
      expect(table).toContain('<caption>');
      expect(table.match(/<th scope="row"/g)).not.toBeNull();
      for (const head of table.match(/<thead>[\s\S]*?<\/thead>/g) ?? [])
        expect(head).not.toMatch(/<th(?! scope="col")[ >]/);
    }
  });

  it('shows every row once: the ceiling first, ranked ones by rank, controls last, and the rest with why', () => {
    const inline = JSON.parse(between(page, '<script type="application/json" id="board-data">', '</script>'));
    expect(inline).toEqual(JSON.parse(JSON.stringify(board)));
    for (const { id } of board.tasks) {
      const entries = [
        ...page.matchAll(/<tbody class="entry (\w+)" data-task="([^"]*)"[^>]*data-name="([^"]*)"/g),
      ].filter(([, , task]) => task === id);
      const rows = board.rows.filter(({ task }) => task === id);
      expect(entries.map(([, , , name]) => name).sort()).toEqual(
        rows.map(({ title, entry }) => `${title} ${entry}`).sort(),
      );
      const kinds = entries.map(([, kind]) => kind);
      const order = ['ceiling', 'method', 'control', 'unranked'];
      expect(kinds).toEqual([...kinds].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
    }
    expect(page).toContain('scores hold NaN at query 3, training point 17');
  });

  it('shows the command of each row, quoted for the shell', () => {
    const command = "npx bench grid --config 'my grid'\\''s.yaml' --quick --only 'digits-mlp/trak'";
    expect(page).toContain(`<code>${command.replaceAll("'", '&#39;')}</code>`);
  });

  it('has the charts of each ranked task, in colours of the style sheet', () => {
    for (const id of ['cost', 'growth', 'queries', 'sweep-trak'])
      expect(page).toContain(`data-name="digits-mlp-${id}"`);
    const drawings = page.match(/<div class="drawing">[\s\S]*?<\/div>/g) ?? [];
    expect(drawings.length).toBeGreaterThanOrEqual(8);
    for (const drawing of drawings) expect(drawing).not.toMatch(/(?:fill|stroke)="(?!none|transparent|var\()/);
  });

  it('does not praise a method that could be random', async () => {
    const likeRandom = (last: number) =>
      board.rows.map((row) => {
        const value = row.metrics.lds;
        if (row.rank === undefined || row.rank.point > last || value === undefined) return row;
        return { ...row, metrics: { lds: { ...value, toRandom: { value: 0.01, low: -0.02, high: 0.03 } } } };
      });
    const none = await renderPage({ ...board, rows: likeRandom(99) }, costs);
    expect(none).toContain('On <em>digits-mlp</em>, no method differs significantly from random scores');
    const best = await renderPage({ ...board, rows: likeRandom(1) }, costs);
    expect(best).toContain('of the noise ceiling. It does not differ significantly from random scores.');
    expect(best).not.toContain('no method differs');
    expect(page).not.toContain('significantly from random scores');
  });

  it('stands without costs', async () => {
    const bare = await renderPage(board);
    expect(bare).not.toContain('data-column="fit"');
    expect(bare).toContain('--config example.yaml');
  });

  it('shows training images beside the queries they were found for', async () => {
    const pixel = 'data:image/png;base64,iVBORw0KGgo=';
    const point = (index: number, score: number) => ({ index, picture: 0, label: 3, score });
    const examples: TaskExamples = {
      task: 'digits-mlp',
      pictures: [pixel],
      queries: [
        {
          query: 5,
          source: 'test/12',
          picture: 0,
          label: 3,
          methods: [{ entry: 'trak', top: [point(11, 0.5)], bottom: [point(12, -0.25)] }],
        },
      ],
    };
    const shown = await renderPage(board, costs, [examples]);
    expect(shown).toContain('alt="query 5, label 3"');
    expect(shown).toContain('alt="training point 11, label 3, score 0.500"');
    expect(shown.split(pixel).length - 1).toBe(3);
  });
});

describe('the section of what was generated', () => {
  const diagnostics = [
    { id: 'fid-test', title: 'Fréchet <distance>', group: 'distance', better: 'lower', value: 12.5 },
    { id: 'ct', title: 'Data-copying test', group: 'memorisation', better: 'zero', note: 'it takes more points' },
  ] as const;
  const shown = (): Board => ({
    ...board,
    tasks: board.tasks.map((task) => (task.id === 'digits-ddpm' ? { ...task, diagnostics } : task)),
  });
  const pixel = 'data:image/png;base64,iVBORw0KGgo=';
  const sample = (number: number, memorisation: number) => ({
    source: `generated/${number}`,
    ...(number < 3 ? { pictures: { own: 0, nearest: 0 } } : {}),
    nearest: 10 + number,
    trainingDistance: 0.25 * number,
    heldoutDistance: 0.6,
    memorisation,
  });
  const examples: TaskExamples = {
    task: 'digits-ddpm',
    pictures: [pixel],
    queries: [],
    generated: [sample(1, -0.5), sample(2, -1.25), sample(3, -2)],
  };

  it('has every number in its group, and says why one cannot be computed', async () => {
    const made = await renderPage(shown(), costs);
    expect(made).toMatch(/nearness to the data<\/th><\/tr>\s*<tr><th scope="row">Fréchet &lt;distance&gt;<\/th>/);
    expect(made).toMatch(
      /Data-copying test<small>cannot be computed: it takes more points<\/small><\/th><td class="number"><span class="value">–/,
    );
    expect(made).not.toContain('quality and variety');
    expect(await renderPage(board, costs)).not.toContain('What was generated');
  });

  it('has each generated image beside the training image nearest to it, as far as there are pictures', async () => {
    const made = await renderPage(shown(), costs, [examples]);
    const pairs = between(made, '<ul class="pairs"', '</ul>');
    expect([...pairs.matchAll(/alt="([^"]*)"/g)].map(([, alt]) => alt)).toEqual([
      'generated/1',
      'training point 11',
      'generated/2',
      'training point 12',
    ]);
    expect(made).toContain('Shown are the 2 most memorised of 3');
    expect(made).toContain('data-name="digits-ddpm-copies"');
    expect(made).toContain('2 points of 3 nearer to a training point');
    expect(await renderPage(shown(), costs, [{ ...examples, generated: [] }])).not.toContain('class="pairs"');
  });
});

it.each([
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "</script><!--<script>' onload='x",
  "datum.x');alert(1);(",
  'a\u202eb\u2028c',
])('shows the name %j as text', async (name) => {
  const named = {
    ...board,
    grid: name,
    tasks: board.tasks.map((task) => ({ ...task, id: `${task.id}${name}` })),
    methods: board.methods.map((method) => ({ ...method, title: name, family: name, cite: name })),
    rows: board.rows.map((row) => ({
      ...row,
      task: `${row.task}${name}`,
      entry: `${row.entry}${name}`,
      title: name,
      family: name,
      ...(row.reason === undefined ? {} : { reason: name }),
      ...(row.params === undefined ? {} : { params: { ...row.params, [name]: name }, varied: [...row.varied, name] }),
    })),
  };
  const spent = { ...costs, provenance: { [name]: name, file: name } };
  for (const made of [await renderPage(named, spent), renderIndex([{ folder: name, board: named }])]) {
    const clean = made.replace(/<script>[\s\S]*?<\/script>\n<\/body>/, '').replace(/<style>[\s\S]*?<\/style>/, '');
    expect(clean).not.toMatch(/<img src=x|<script>|<!--|\u202e|\u2028/);
    expect(clean.replace(/ (?:[\w-]+)="[^"]*"/g, '')).not.toMatch(/<[^>]*(?:onerror|onload)/);
    expect((made.match(/<script/g) ?? []).length).toBe((made.match(/<\/script>/g) ?? []).length);
  }
  expect(JSON.parse(between(await renderPage(named, spent), 'id="board-data">', '</script>'))).toEqual(
    JSON.parse(JSON.stringify(named)),
  );
});

it('is below 2 MB for 40 methods on 6 tasks', async () => {
  const grid = await simulatedGrid({
    seed: 3,
    task: 'task-0',
    train: 60,
    subsets: 96,
    queries: 100,
    resamples: 20,
    methods: Array.from({ length: 40 }, (_, i) => ({
      id: `method-${i}`,
      title: `Method number ${i}`,
      family: ['gradient', 'influence', 'similarity', 'complexity', 'generative'][i % 5],
      noise: 1 + i / 8,
    })),
  });
  const one = makeBoard(grid);
  const spent = makeCosts(grid);
  const sweep = (row: Board['rows'][number]) =>
    Array.from({ length: 6 }, (_, i) => ({
      params: { damping: 10 ** -i, checkpoints: 5 },
      status: 'ok' as const,
      tune: (row.metrics.lds?.value ?? 0) - i / 50,
      report: (row.metrics.lds?.value ?? 0) - i / 60,
      chosen: i === 0,
    }));
  const tasks = Array.from({ length: 6 }, (_, i) => `task-${i}`);
  const large: Board = {
    ...one,
    tasks: tasks.map((id) => ({ ...one.tasks[0], id })),
    rows: tasks.flatMap((task) =>
      one.rows.map((row, i) => ({ ...row, task, ...(i % 4 === 1 ? { sweep: sweep(row), varied: ['damping'] } : {}) })),
    ),
  };
  const rows = tasks.flatMap((task) => spent.rows.map((row) => ({ ...row, task })));
  const made = await renderPage(large, { ...spent, rows });
  expect((made.match(/<tbody class="entry method"/g) ?? []).length).toBe(240);
  expect(Buffer.byteLength(made)).toBeLessThan(2_000_000);
});

describe('the index', () => {
  it('links every board and says what leads its tasks', () => {
    const index = renderIndex([
      { folder: 'example-quick', board },
      { folder: 'example', board },
    ]);
    expect([...index.matchAll(/<a href="([^"#]*)">/g)].map(([, link]) => link)).toEqual([
      'example/index.html',
      'example-quick/index.html',
    ]);
    const best = board.rows.find(({ rank }) => rank?.point === 1);
    expect(index).toContain(`<td>${best?.title}</td>`);
  });
});

function between(text: string, from: string, to: string): string {
  const start = text.indexOf(from) + from.length;
  return text.slice(start, text.indexOf(to, start));
}
