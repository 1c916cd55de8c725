import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { describe, expect, it } from 'vitest';
import { GridErrors, gridJsonSchema, loadGrid } from '../src/index.js';
import { fixture, gridFile, temporaryFolder } from './support/folder.js';

const valid = `schema: bench/grid@1
name: trial
seed: 7
tasks:
  - id: a
    data: { use: synthetic, train: 60, queries: 10 }
    model: { use: logistic, epochs: 3 }
truth: { subsets: 8 }
methods:
  - use: ${fixture('same-class')}
metrics: [lds]
`;

/** The problems of a file, without its folder. */
async function linesOf(text: string): Promise<string[]> {
  const file = gridFile(text);
  try {
    await loadGrid(file);
  } catch (error) {
    if (error instanceof GridErrors) return error.lines.map((line) => line.replace(file, 'grid.yaml'));
    throw error;
  }
  return [];
}

const edited = (from: string | RegExp, to: string): string => {
  const text = valid.replace(from, to);
  expect(text).not.toBe(valid);
  return text;
};

describe('a valid grid', () => {
  it('has every default filled in', async () => {
    const grid = await loadGrid(gridFile(valid));
    expect(grid).toMatchObject({
      name: 'trial',
      seed: 7,
      seeds: [0],
      report: { primary: 'lds', ci: 0.95, resamples: 2000 },
      budget: {},
      quick: false,
    });
    expect(grid.tasks[0]).toMatchObject({ id: 'a', truth: { subsets: 8, fraction: 0.5, retrainSeeds: 2 } });
    expect(grid.tasks[0].spec).toMatchObject({ kind: 'classifier', seed: 7, target: { use: 'margin' } });
    expect(grid.methods[0].params).toEqual({ weight: 1 });
  });

  it('multiplies lists under grid: and nothing else', async () => {
    const grid = await loadGrid(
      gridFile(
        edited(
          `- use: ${fixture('same-class')}`,
          `- use: ${fixture('same-class')}
    grid: { weight: [1, 2, 5] }
  - { use: gmvaluator, params: {  } }
  - use: trak
    params: { checkpoints: 2 }
    grid: { projDim: [8, 16], ridge: [0.1, 1] }`,
        ),
      ),
    );
    expect(grid.methods.map(({ loaded }) => loaded.method.id)).toEqual([
      ...Array(3).fill('same-class'),
      'gmvaluator',
      ...Array(4).fill('trak'),
    ]);
    expect(grid.methods.slice(4).map(({ params }) => params)).toMatchObject([
      { checkpoints: 2, projDim: 8, ridge: 0.1 },
      { checkpoints: 2, projDim: 8, ridge: 1 },
      { checkpoints: 2, projDim: 16, ridge: 0.1 },
      { checkpoints: 2, projDim: 16, ridge: 1 },
    ]);
  });

  it('reads budgets in their units', async () => {
    const grid = await loadGrid(gridFile(`${valid}budget: { cell: 1h30m, memory: 1.5GiB }\n`));
    expect(grid.budget).toEqual({ cellMs: 5_400_000, memoryBytes: 1.5 * 2 ** 30 });
  });

  it('finds methods by a path from the file and in node_modules next to it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mine.js'), `export { default } from '${fixture('same-class')}';`);
    const installed = join(folder, 'node_modules', 'their-method');
    mkdirSync(installed, { recursive: true });
    writeFileSync(
      join(installed, 'package.json'),
      '{ "name": "their-method", "version": "2.0.0", "type": "module", "exports": { ".": { "default": "./m.js" } } }',
    );
    const method = `id: 'theirs', title: 'T', contract: 1, scoreShape: 'global', revision: 1, params: {}, needs: [], tasks: ['classifier']`;
    const functions = 'uses: () => ({ checkpoints: 1, trajectory: 1 }), supports: () => true, fit() {}, score() {}';
    writeFileSync(join(installed, 'm.js'), `export default { ${method}, ${functions} };`);
    const text = edited(`- use: ${fixture('same-class')}`, '- use: ./mine.js\n  - their-method');
    const grid = await loadGrid(gridFile(text, folder));
    expect(grid.methods.map(({ loaded }) => loaded.method.id)).toEqual(['same-class', 'theirs']);
  });

  it('gives a method another code hash when its code comes to mean something else, wherever it lies', async () => {
    const code = async (source: string, helper: string): Promise<string> => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, 'helper.js'), helper);
      writeFileSync(join(folder, 'mine.js'), source);
      const grid = await loadGrid(gridFile(edited(fixture('same-class'), './mine.js'), folder));
      return grid.methods[0].loaded.code.hash;
    };
    const source = `import './helper.js';\nexport { default } from '${fixture('same-class')}';`;
    const first = await code(source, '1;');
    expect(await code(source, '1;')).toBe(first);
    expect(await code(source, '2;')).not.toBe(first);
    expect(await code(`${source}\n// more`, '1;')).toBe(first);
  });
});

describe('extends', () => {
  const twoTasks = (second: string) => edited(/truth:/, `${second}\ntruth:`);

  it('merges mappings and replaces everything else', async () => {
    const grid = await loadGrid(
      gridFile(
        twoTasks(`  - id: b
    extends: c
    target: neg-loss
    truth: none
  - id: c
    extends: a
    data: { flipLabels: 0.1 }
    model: { use: mlp }
    truth: { subsets: 32 }`),
      ),
    );
    const [a, b, c] = grid.tasks.flatMap((task) => (task.spec === undefined ? [] : [task]));
    expect(c.spec.data).toEqual({ ...a.spec.data, flipLabels: 0.1 });
    expect(c.spec.model).toMatchObject({ use: 'mlp' });
    expect(c.spec.training.epochs).not.toBe(a.spec.training.epochs);
    expect(c.truth).toEqual({ subsets: 32, fraction: 0.5, stratified: false, retrainSeeds: 2 });
    expect(b.spec).toMatchObject({ data: c.spec.data, target: { use: 'neg-loss' } });
    expect(b.truth).toBeUndefined();
  });

  it('makes a task of every subset share that a truth lists, named after both, with all else in common', async () => {
    const grid = await loadGrid(
      await gridFile(
        twoTasks('  - { id: b, extends: a, truth: { fraction: [0.3, 0.75] } }').replace(
          'metrics: [lds]',
          'metrics: [{ use: lds, tasks: [b] }]',
        ),
      ),
    );
    expect(grid.tasks.map(({ id, truth }) => [id, truth?.fraction])).toEqual([
      ['a', 0.5],
      ['b@0.3', 0.3],
      ['b@0.75', 0.75],
    ]);
    const [a, ...swept] = grid.tasks;
    for (const { id, spec, truth } of swept) {
      expect(spec).toEqual({ ...a.spec, id });
      expect(truth).toEqual({ ...a.truth, fraction: truth?.fraction });
    }
    expect(grid.metrics[0].tasks).toEqual(['b@0.3', 'b@0.75']);
  });

  it.each([
    ['  - id: b\n    extends: aa', 'grid.yaml:9:14 no task has the id "aa", did you mean "a"?'],
    ['  - { id: b, extends: b }', 'grid.yaml:8:23 tasks extend each other in a circle: b, b'],
    ['  - { id: a, extends: b }', 'grid.yaml:8:11 another task has the id "a"'],
    [
      '  - id: b\n    extends: a\n    model: { epoch: 3 }',
      'grid.yaml:10:14 unknown key "epoch", did you mean "epochs"?',
    ],
    ['  - id: b\n    extends: a\n    data: { train: many }', 'grid.yaml:10:20 expected a whole number, found "many"'],
  ])('points at what is wrong: %s', async (second, line) => {
    expect(await linesOf(twoTasks(second))).toContain(line);
  });

  it('points into the task that is extended when the mistake is there', async () => {
    const text = edited('epochs: 3', 'epoch: 3').replace(/truth:/, '  - { id: b, extends: a }\ntruth:');
    expect(await linesOf(text)).toEqual(['grid.yaml:7:29 unknown key "epoch", did you mean "epochs"?']);
  });
});

describe('mistakes', () => {
  it.each<[string, string, string | string[]]>([
    ['an unknown key', edited('seed: 7', 'sed: 7'), 'grid.yaml:3:1 unknown key "sed", did you mean "seed"?'],
    [
      'an unknown key inside',
      edited('subsets: 8', 'subset: 8'),
      'grid.yaml:8:10 unknown key "subset", did you mean "subsets"?',
    ],
    ['a wrong type', edited('seed: 7', 'seed: seven'), 'grid.yaml:3:7 expected a number, found "seven"'],
    ['a value out of range', edited('subsets: 8', 'subsets: 1'), 'grid.yaml:8:19 expected at least 2, found 1'],
    ['a missing key', edited('name: trial\n', ''), 'grid.yaml:1:1 "name" is required'],
    ['another schema', edited('grid@1', 'grid@2'), 'grid.yaml:1:9 expected "bench/grid@1", found "bench/grid@2"'],
    ['no methods', edited(/methods:\n.*/, 'methods: []'), 'grid.yaml:9:10 expected a list of at least 1, found []'],
    ['a repeated key', edited('seed: 7', 'name: again'), 'grid.yaml:3:1 is not YAML: Map keys must be unique'],
    [
      'a model that is not there',
      edited('logistic', 'logistics'),
      'grid.yaml:7:19 model "logistics" is not known, did you mean "logistic"?',
    ],
    [
      'a wrong parameter of a dataset',
      edited('queries: 10', 'queries: 0'),
      'grid.yaml:6:49 expected a whole number of at least 1, found 0',
    ],
    [
      'a metric that is not there',
      edited('[lds]', '[ldss]'),
      'grid.yaml:11:11 there is no metric "ldss", did you mean "lds"?',
    ],
    [
      'a metric for a task that is not there',
      edited('[lds]', '[{ use: lds, tasks: [b] }]'),
      'grid.yaml:11:31 there is no task "b", did you mean "a"?',
    ],
    [
      'a primary metric that is not measured',
      `${valid}report: { primary: lsd }\n`,
      'grid.yaml:12:20 "lsd" is not under metrics, did you mean "lds"?',
    ],
    [
      'a metric without its truth',
      edited('truth: { subsets: 8 }\n', ''),
      'grid.yaml:10:11 metric "lds" needs ground truth and no task has any, add truth: { subsets: 64 }',
    ],
    [
      'a budget without unit',
      `${valid}budget: { cell: "20" }\n`,
      'grid.yaml:12:17 expected a duration such as 90s, 20m or 1h30m',
    ],
    [
      'a subset share given twice',
      edited('subsets: 8', 'subsets: 8, fraction: [0.3, 0.3]'),
      'grid.yaml:8:32 the list has a share twice',
    ],
    ['seeds given twice', `${valid}seeds: [1, 1]\n`, 'grid.yaml:12:12 seed 1 is listed twice'],
    [
      'several at once, in order',
      edited('seed: 7', 'seed: -1').replace('subsets: 8', 'subsets: 8, fractoin: 1'),
      [
        'grid.yaml:3:7 expected at least 0, found -1',
        'grid.yaml:8:22 unknown key "fractoin", did you mean "fraction"?',
      ],
    ],
    [
      'wrong types, which hide nothing else and lead to nothing else',
      valid
        .replace('seed: 7', 'seed: seven')
        .replace('epochs: 3', 'epochs: three')
        .replace(
          'metrics: [lds]',
          `    grid: { weight: 1 }\n  - { use: trakk, params: { a: 1 }, tasks: [a, b, c] }\nmetrics: [7, ldss]`,
        )
        .replace(
          'truth: { subsets: 8 }',
          '  - { id: b, extends: [a], truth: { subsets: 1 } }\n  - { id: c, extends: b }\n  - { id: d, extends: a, model: { use: mlp, hiden: [1] }, truth: { fractoin: 0.5 } }\ntruth: { subsets: one }',
        ),
      [
        'grid.yaml:3:7 expected a number, found "seven"',
        'grid.yaml:7:37 expected a whole number, found "three"',
        'grid.yaml:8:23 expected text, found ["a"]',
        'grid.yaml:10:45 unknown key "hiden", did you mean "hidden"?',
        'grid.yaml:10:68 unknown key "fractoin", did you mean "fraction"?',
        'grid.yaml:11:19 expected a number, found "one"',
        'grid.yaml:14:21 expected a list, found 1',
        'grid.yaml:15:12 there is no method "trakk", did you mean "trak"?',
        'grid.yaml:16:11 expected a mapping, found 7',
        'grid.yaml:16:14 there is no metric "ldss", did you mean "lds"?',
      ],
    ],
    [
      'sections that are missing, which others need',
      valid
        .replace(/tasks:[\s\S]*?truth/, 'tasks: none\ntruth')
        .replace('metrics: [lds]', '    tasks: [a]\n    uses: {}\nmetrics: [{ use: lds, tasks: [a] }]'),
      [
        'grid.yaml:4:8 expected a list, found "none"',
        'grid.yaml:9:11 "uses" is for use: scores and use: command, leave it out',
      ],
    ],
  ])('%s', async (_, text, expected) => {
    expect(await linesOf(text)).toEqual([expected].flat());
  });

  it('finds a missing, wrong or unnamed checksum only when it looks at extractors', async () => {
    const fld = (params: string) =>
      `  - { use: fld, as: f${params.length}, params: { space: onnx, extractor: ${params} } }\n`;
    const text = edited(
      'metrics:',
      `${fld('{}')}${fld('{ file: net.onnx }')}${fld('{ file: "https://x.invalid/net.onnx" }')}metrics:`,
    );
    const file = gridFile(text);
    writeFileSync(join(file, '../net.onnx'), '');
    expect((await loadGrid(file)).methods.length).toBe(4);
    await expect(loadGrid(file, { withExtractors: true })).rejects.toMatchObject({
      lines: [
        expect.stringMatching(/grid.yaml:11:59 .*no model was named/),
        expect.stringMatching(/grid.yaml:12:60 has no checksum.*set extractor.sha256 to [0-9a-f]{64}$/),
        expect.stringMatching(/grid.yaml:13:60 is downloaded without a checksum/),
      ],
    });
  });

  it.each([
    ['weight: [1, 0]', 'grid.yaml:11:25 expected a whole number of at least 1, found 0'],
    ['weight: [1, 1]', 'grid.yaml:11:25 1 is listed twice'],
    ['weigh: [1]', 'grid.yaml:11:13 unknown key "weigh", did you mean "weight"?'],
    ['weight: 1', 'grid.yaml:11:21 expected a list, found 1'],
    ['weight: []', 'grid.yaml:11:21 expected a list of at least 1, found []'],
  ])('in the parameters of a method: grid: { %s }', async (grid, line) => {
    expect(await linesOf(edited('metrics:', `    grid: { ${grid} }\nmetrics:`))).toEqual([line]);
  });

  it.each([
    ['trakk', 'there is no method "trakk", did you mean "trak"?'],
    ['./nothing.js', /method ".\/nothing.js" has no .*nothing.js, check the path/],
    [fixture('half'), /is not a method: it lacks title, params, scoreShape/],
  ])('a method that cannot be had: %s', async (use, message) => {
    const [line, ...others] = await linesOf(edited(fixture('same-class'), use));
    expect(line).toMatch(/^grid.yaml:10:10 /);
    expect(line).toMatch(message);
    expect(others).toEqual([]);
  });

  it('leaves a method that throws when it is loaded to its cells', async () => {
    const { methods, broken } = await loadGrid(gridFile(edited(fixture('same-class'), fixture('broken'))));
    expect(methods.length).toBe(0);
    expect(broken).toMatchObject([
      { id: 'broken', place: expect.stringMatching(/grid.yaml:10:10$/), error: { code: 'MODULE_BROKEN' } },
    ]);
  });

  it.each([
    ['- a\n- b', 'is not a grid file'],
    ['{ a: [', 'is not YAML'],
    ['a: &a [*a, *a]\nb: *c', 'Unresolved alias'],
    ['', 'is not a grid file'],
  ])('text that is no grid: %j', async (text, message) => {
    expect((await linesOf(text)).join('\n')).toContain(message);
  });

  it('aliases that blow up', async () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`);
    expect((await linesOf(`l0: &l0 [x]\n${levels.join('\n')}`)).join()).toContain('Excessive alias count');
  });

  it.each([
    ['/nowhere/grid.yaml', 'CONFIG_MISSING'],
    [import.meta.dirname, 'CONFIG_UNREADABLE'],
  ])('a file that cannot be read: %s', async (file, code) => {
    await expect(loadGrid(file)).rejects.toMatchObject({ code, place: file });
  });

  it('is one error that prints as a list', async () => {
    const failure = await loadGrid(gridFile(edited('seed: 7', 'sed: 7\nnam: 1'))).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BenchError);
    expect((failure as BenchError).message).toMatch(/^2 problems:\n {2}.*:3:1 unknown key "sed".*\n {2}.*:4:1 unknown/);
  });
});

describe('--quick', () => {
  it('cuts sizes down and gives the board another name', async () => {
    const file = gridFile(`${edited('train: 60', 'train: 5000').replace('subsets: 8', 'subsets: 500')}seeds: [3, 4]\n`);
    const grid = await loadGrid(file, { quick: true });
    expect(grid).toMatchObject({ name: 'trial-quick', quick: true, seeds: [3] });
    expect(grid.tasks[0].spec).toMatchObject({ data: { train: 200 }, queries: { heldout: 10 } });
    expect(grid.tasks[0].truth).toEqual({ subsets: 16, fraction: 0.5, stratified: false, retrainSeeds: 2 });
  });

  it('does what the file says instead where it says something', async () => {
    const quick =
      'quick: { tasks: { data: { train: 900 }, model: { epochs: 7 } }, truth: { subsets: 20 }, seeds: [9] }\n';
    const grid = await loadGrid(gridFile(`${valid}${quick}`), { quick: true });
    expect(grid.tasks[0].spec).toMatchObject({ data: { train: 900 }, training: { epochs: 7 } });
    expect(grid.tasks[0].truth?.subsets).toBe(20);
    const stratified = valid.replace('subsets: 8', 'subsets: 8, fraction: 0.4, stratified: true');
    const kept = await loadGrid(gridFile(`${stratified}${quick}`), { quick: true });
    expect(kept.tasks[0].truth).toMatchObject({ subsets: 20, fraction: 0.4, stratified: true });
    expect(grid.seeds).toEqual([9]);
    expect((await loadGrid(gridFile(`${valid}${quick}`))).tasks[0].spec?.data.train).toBe(60);
  });
});

describe('the JSON schema', () => {
  it('knows keys of every level', () => {
    const schema = gridJsonSchema() as { properties: Record<string, { items?: unknown }> };
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['schema', 'name', 'tasks', 'truth', 'methods', 'metrics', 'select', 'budget', 'quick']),
    );
    const tasks = JSON.stringify(schema.properties.tasks);
    for (const name of ['"synthetic"', '"flipLabels"', '"logistic"', '"epochs"', '"margin"', '"extends"'])
      expect(tasks).toContain(name);
    expect(JSON.stringify(schema.properties.methods)).toContain('"grid"');
    expect(JSON.stringify(schema.properties.metrics)).toContain('"statistic"');
  });

  it.each(['data', 'model', 'target', 'methods', 'metrics'])(
    'takes modules and packages of the user in %s',
    (level) => {
      const schema = gridJsonSchema() as Schema;
      const items = (name: string): Schema => schema.properties?.[name].items as Schema;
      const listed = level === 'methods' || level === 'metrics';
      const part = listed ? items(level) : (items('tasks').properties?.[level] as Schema);
      for (const use of ['./mine.js', '../mine.ts', '/home/me/mine.js', 'C:\\mine.js', '@me/mine', 'my-package']) {
        expect(accepts(part, use)).toBe(true);
        expect(accepts(part, listed ? { use, params: { own: 1 } } : { use, own: 1 })).toBe(true);
      }
      expect(accepts(part, 'not a package')).toBe(level === 'methods');
    },
  );

  it('knows the parameters of what is this project’s, those within objects included', () => {
    const schema = gridJsonSchema() as Schema;
    const items = (name: string): Schema => schema.properties?.[name].items as Schema;
    const { model, data, target } = items('tasks').properties ?? {};
    expect(accepts(model, { use: 'logistic', epochs: 3 })).toBe(true);
    expect(accepts(model, { use: 'logistic', width: 3 })).toBe(false);
    expect(accepts(data, { use: 'synthetic', pth: 'x' })).toBe(false);
    expect(accepts(target, { use: 'margin', draws: 3 })).toBe(false);
    const cosine = (params: unknown) => accepts(items('metrics'), { use: 'counterfactual-cosine', params });
    expect(cosine({ space: 'onnx', extractor: { file: 'clip.onnx', pool: 'mean' } })).toBe(true);
    expect(cosine({ space: 'onnx', extractor: { fil: 'clip.onnx' } })).toBe(false);
    expect(cosine({ space: 'onnx', extractor: { file: 'clip.onnx', pool: 'max' } })).toBe(false);
    expect(cosine({ extractorPool: 'mean' })).toBe(false);
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly [keyword: string]: unknown;
}

/** Whether a value fits a schema made of the keywords that ours use. */
function accepts(schema: Schema, value: unknown): boolean {
  const { anyOf, type, pattern, properties = {}, required = [], additionalProperties } = schema;
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  const fields = isMap ? Object.entries(value) : [];
  return (
    (anyOf === undefined || (anyOf as Schema[]).some((one) => accepts(one, value))) &&
    (type === undefined || (type === 'object' ? isMap : type === 'string' ? typeof value === 'string' : true)) &&
    (schema.const === undefined || schema.const === value) &&
    (schema.enum === undefined || (schema.enum as unknown[]).includes(value)) &&
    (schema.not === undefined || !accepts(schema.not as Schema, value)) &&
    (pattern === undefined || typeof value !== 'string' || new RegExp(pattern as string).test(value)) &&
    (!isMap || (required as string[]).every((name) => name in value)) &&
    fields.every(([name, field]) =>
      name in properties ? accepts(properties[name], field) : additionalProperties !== false,
    )
  );
}
