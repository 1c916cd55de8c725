import { gunzipSync } from 'node:zlib';
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
    expect(page).not.toMatch(/@import|url\((?!"data:)/);
  });

  it('has a heading for each column and each row, and a caption, in each table', () => {
    const tables = page.match(/<table[\s\S]*?<\/table>/g) ?? [];
    expect(tables.length).toBeGreaterThanOrEqual(board.tasks.length);
    for (const table of tables) {
      expect(table).toContain('<caption');
      expect(table.match(/<th scope="row"/g)).not.toBeNull();
      for (const head of table.match(/<thead>[\s\S]*?<\/thead>/g) ?? [])
        expect(head).not.toMatch(/<th(?! scope="col")[ >]/);
    }
  });

  it('shows every row once: the ceiling first, ranked ones by rank, controls last, and the rest with why', () => {
    expect(unpacked(page, 'board-data')).toEqual(JSON.parse(JSON.stringify(board)));
    for (const { id } of board.tasks) {
      const entries = [...page.matchAll(/<tbody class="entry (\w+)" id="row=([^"]*)"[^>]*data-name="([^"]*)"/g)].filter(
        ([, , row]) => decodeURIComponent(row).startsWith(`${id}/`),
      );
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
    for (const id of ['cost', 'growth', 'queries']) expect(page).toContain(`data-name="digits-mlp-${id}"`);
    expect(between(page, '<div class="sweep"', '</div>')).toMatch(/<li class="chosen"><span>2048<\/span>/);
    const drawings = page.match(/<div class="drawing">[\s\S]*?<\/div>/g) ?? [];
    expect(drawings.length).toBeGreaterThanOrEqual(6);
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
    expect(bare).not.toContain('data-column="cost"');
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
    expect(shown).toContain('aria-label="query 5, class 3"');
    expect(shown).toContain('aria-label="training point 11, class 3, score 0.500"');
    // Once, however often it is shown.
    expect(shown.split(pixel).length - 1).toBe(1);
  });
});

describe('the first screen', () => {
  const cells = (made: string, title: string) => {
    const row = made.slice(made.indexOf(`data-name="${title}`));
    return [...row.slice(0, row.indexOf('</tr>')).matchAll(/<td(?: class="([^"]*)")?/g)].map(([, mark]) => mark);
  };

  it('marks the best method of each task and what is tied with it, and says why a cell is empty', () => {
    for (const { id } of board.tasks) {
      const ranked = board.rows.filter(({ task, rank }) => task === id && rank !== undefined);
      const best = ranked.find(({ rank }) => rank?.point === 1);
      expect(page).toMatch(new RegExp(`<td class="best"[^>]*><a href="#row=${id}%2F${best?.entry}"`));
    }
    expect(page).toContain('<li>GMValuator: incomplete: seed 0: stopped by --max-time</li>');
    expect(page).toContain('<li>Influence functions: skipped: the Hessian of 38,307,203 parameters');
    const trak = board.rows.find(({ task, entry }) => task === 'digits-mlp' && entry === 'trak');
    const { rank, groups, ...rest } = trak as Board['rows'][number];
    const skipped = {
      ...rest,
      task: 'digits-mlp-noisy',
      status: 'skipped',
      reason: 'needs gradients',
      metrics: {},
    } as const;
    return renderPage({ ...board, rows: [...board.rows, skipped] }, costs).then((made) =>
      expect(made).toContain('<button type="button" title="skipped: needs gradients"'),
    );
  });

  it('links the paper of every metric of ours, and cites the board', () => {
    expect(page).toMatch(
      /<a href="https:\/\/arxiv.org\/abs\/2303.14186"><span title="[^"]*">linear datamodeling score/i,
    );
    expect(between(page, '<code class="block">', '</code>')).toContain(
      'title = {Attribution Bench: the board example}',
    );
  });

  it('gives no rank to what is worse than random scores, and does not call that best', async () => {
    const worse = board.rows.map((row) => {
      const value = row.metrics.lds;
      if (row.entry !== 'trak' || value === undefined) return row;
      return { ...row, metrics: { lds: { ...value, toRandom: { value: -0.1, low: -0.2, high: -0.05 } } } };
    });
    const made = await renderPage({ ...board, rows: worse }, costs);
    const row = between(made, 'id="row=digits-mlp%2Ftrak"', '</tr>');
    expect(row).toMatch(/<td class="number c-rank"[^>]*><\/td>/);
    expect(cells(made, 'TRAK trak')[0]).toBe('faint');
  });

  it('warns of boards that should not be believed, and of no other', async () => {
    expect(page).not.toContain('Do not rely');
    const [first, ...others] = board.tasks;
    const weak = { ...first, sanity: { queryAccuracy: 0.1 }, report: { ...first.report, subsets: 31 } };
    const rows = board.rows.map((row) => {
      const { lds } = row.metrics;
      if (row.kind === 'ceiling' && lds) return { ...row, metrics: { lds: { ...lds, low: 0 } } };
      return { ...row, seeds: row.seeds.slice(0, 1) };
    });
    const made = await renderPage({ ...board, tasks: [weak, ...others], rows }, costs);
    const warning = between(made, '<aside class="doubts"', '</aside>');
    for (const reason of ['model is at chance', 'includes 0', 'only 31 subsets', 'one method seed'])
      expect(warning).toContain(reason);
    const without = await renderPage({ ...board, rows: board.rows.filter(({ kind }) => kind !== 'ceiling') }, costs);
    expect(between(without, '<aside class="doubts"', '</aside>')).toContain('noise ceiling is not available');
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
    expect([...pairs.matchAll(/role="img" aria-label="([^"]*)"/g)].map(([, alt]) => alt)).toEqual([
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
  expect(unpacked(await renderPage(named, spent), 'board-data')).toEqual(JSON.parse(JSON.stringify(named)));
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
  const links = () => [
    { folder: 'example-quick', board, costs: { ...costs, provenance: { ...costs.provenance, quick: true } } },
    {
      folder: 'example',
      board,
      costs: { ...costs, provenance: { version: '0.1.0', commit: 'abcdef0123456', commitDate: '2026-01-01' } },
    },
    { folder: 'other board', board: { ...board, rows: board.rows.filter(({ entry }) => entry !== 'tracin') } },
  ];

  it('has a column for each task of each whole board, whose cells lead to the rows of its page', () => {
    const index = renderIndex(links());
    const heads = index.match(/<th scope="col" aria-sort/g) ?? [];
    const measured = board.tasks.filter(({ rankedBy }) => rankedBy !== undefined);
    expect(heads).toHaveLength(2 * measured.length);
    const cells = [...index.matchAll(/<a href="([^"#]*)#row=([^"]*)" title="([^"]*)"/g)];
    const rows = board.rows.filter(({ metrics, kind }) => kind !== 'ceiling' && Object.keys(metrics).length > 0);
    expect(
      cells.filter(([, page, , title]) => page === 'example/index.html' && !title.startsWith('Noise')),
    ).toHaveLength(rows.length);
    expect(new Set(cells.map(([, page]) => page))).toEqual(new Set(['example/index.html', 'other%20board/index.html']));
    expect(cells.some(([, page, , title]) => page === 'other%20board/index.html' && title.startsWith('TracIn'))).toBe(
      false,
    );
  });

  it('lists every board, those of toy sizes as such, with its files and where it comes from', () => {
    const index = renderIndex(links());
    const list = between(index, '<table class="index">', '</table>');
    expect([...list.matchAll(/<th scope="row"><a href="([^"]*)">/g)].map(([, href]) => href)).toEqual([
      'example/index.html',
      'example-quick/index.html',
      'other%20board/index.html',
    ]);
    expect(list).toContain('quick: toy sizes');
    expect(list).toContain('bench 0.1.0, commit abcdef012 of 2026-01-01');
    expect(list).toContain('href="other%20board/board.csv"');
    expect(index).not.toMatch(/(?:href|src)="(?:\/|[a-z]+:(?!,))/);
  });

  it('has no matrix where there is no board', () => {
    expect(renderIndex([])).not.toContain('class="matrix"');
  });
});

function unpacked(page: string, id: string): unknown {
  return JSON.parse(gunzipSync(Buffer.from(between(page, `id="${id}">`, '</script>'), 'base64')).toString());
}

function between(text: string, from: string, to: string): string {
  const start = text.indexOf(from) + from.length;
  return text.slice(start, text.indexOf(to, start));
}
