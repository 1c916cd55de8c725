import { statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import type { ModelKind } from '@attribution-bench/contract';
import type { TableSketch } from '@attribution-bench/tasks';

/** What a new grid is about. */
export interface GridChoices {
  /** Name of a dataset, or a path: a `.csv` file, an `.npz` file, a folder of `.npy` files or one of images. */
  readonly data: string;
  /** What is in the file, where it is a table. */
  readonly table?: TableSketch | undefined;
  /** Name of a model, or the path of its module. */
  readonly model: string;
  readonly kind: ModelKind;
  readonly methods: readonly string[];
}

/** Points that are enough for a first board within minutes. */
const sizes = {
  classifier: { train: 300, queries: 50 },
  regressor: { train: 300, queries: 50 },
  generator: { train: 120, heldout: 20, generated: 20 },
} as const;

/** A grid file with comments. */
export function gridText(file: string, choices: GridChoices): string {
  const { data, model, kind, methods } = choices;
  const name = fileName(basename(file, extname(file)));
  const id = fileName(`${nameOf(data)}-${nameOf(model)}`);
  const queries =
    kind !== 'generator'
      ? ''
      : `    # What is explained: points that were held out, and images that the model draws.
    queries: { heldout: ${sizes.generator.heldout}, generated: ${sizes.generator.generated} }
`;
  return `# Written by bench init. \`bench plan ${file}\` says what this computes and how long that takes, \`bench grid ${file}\`
# computes it, \`bench list\` shows what else a grid can name.
schema: bench/grid@1
name: ${text(name)} # of the board and its folder
seed: 0 # everything random derives from it

tasks:
  - id: ${text(id)}
    # train: the points that models are trained on${kind !== 'generator' ? '; queries: held-out points that are explained' : ''}.
${choices.table === undefined ? '' : '    # label: the column that is predicted, here the last one; the others are inputs, unless ignore: names them.\n'}    data: ${dataText(choices)}
    # Its sizes and its training are parameters too: bench list models${model === nameOf(model) ? ` ${model}` : ''}
    model: { use: ${text(model)} }
${queries}
# The ground truth: the model is trained again on random halves of the training points. More subsets, shorter intervals.
truth: { subsets: 64, fraction: 0.5, retrainSeeds: 2 }

# What is compared. Parameters go under params:, lists of values to try under grid:, see e.g. bench list methods trak.
methods:
${methods.map((method) => `  - use: ${text(method)}\n`).join('')}
seeds: [0, 1, 2] # of the methods, not of the truth

metrics:
  - use: lds # how well scores predict what becomes of a query on each half
`;
}

function dataText({ data, kind, table }: GridChoices): string {
  const { train } = sizes[kind];
  const queries = kind === 'generator' ? '' : `, queries: ${sizes[kind].queries}`;
  if (table !== undefined) return tableText(data, table, sizes.regressor);
  if (!isPath(data)) return `{ use: ${text(data)}, train: ${train}${queries} }`;
  const use = isArrays(data) ? 'arrays' : 'image-folder';
  const pixels = use === 'arrays' ? '' : ', width: 32, height: 32';
  return `{ use: ${use}, path: ${text(data)}, train: ${train}${queries}${pixels} }`;
}

function tableText(
  path: string,
  { delimiter, columns, rows, missing }: TableSketch,
  most: { readonly train: number; readonly queries: number },
): string {
  const label = columns[columns.length - 1].name;
  const categories = columns.slice(0, -1).filter(({ numbers }) => !numbers);
  const queries = Math.max(1, Math.min(most.queries, Math.floor(rows / 5)));
  const train = Math.max(2, Math.min(most.train, rows - queries));
  const parts = [
    `use: csv, path: ${text(path)}, label: ${text(label)}`,
    ...(categories.length === 0 ? [] : [`categorical: [${categories.map(({ name }) => text(name)).join(', ')}]`]),
    ...(delimiter === 'comma' ? [] : [`delimiter: ${delimiter}`]),
    ...(missing ? ['missing: drop'] : []),
    `train: ${train}, queries: ${queries}`,
  ];
  return `{ ${parts.join(', ')} }`;
}

/** Whether an answer names a table. */
export function isTable(answer: string): boolean {
  return /\.(csv|tsv)$/i.test(answer);
}

/** Whether an answer names a file or folder rather than something that is known by name. */
export function isPath(answer: string): boolean {
  return /[./\\]/.test(answer);
}

function isArrays(path: string): boolean {
  const holds = (name: string) => statSync(resolve(path, name), { throwIfNoEntry: false }) !== undefined;
  return extname(path) === '.npz' || holds('x_train.npy');
}

function nameOf(answer: string): string {
  return isPath(answer) ? basename(answer, extname(answer)) : answer;
}

/** What the names of grids and tasks may consist of, since folders are named after them. */
function fileName(name: string): string {
  return name.replace(/[^\w.-]+/g, '-').replace(/^[^a-z0-9]+/i, '') || 'grid';
}

/** Plain where YAML reads it as the same text, quoted elsewhere. */
function text(value: string): string {
  return /^[a-z][\w-]*$/i.test(value) && !/^(true|false|null)$/i.test(value) ? value : JSON.stringify(value);
}
