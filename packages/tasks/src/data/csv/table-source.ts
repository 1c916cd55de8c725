import { didYouMean, type ModelKind } from '@attribution-bench/contract';
import type { Partition, PointSource } from '../dataset.js';
import { type EncodingRules, encodingOf, momentsOf } from './encoding.js';
import { type CsvFormat, cellPlace, csvError, readTable, type Table, type Wanted } from './table.js';

/** Which columns of a table are what. */
export interface TableRoles {
  readonly label: string;
  /** Inputs; none named: all columns but the label. */
  readonly columns: readonly string[];
  readonly categorical: readonly string[];
  readonly ignore: readonly string[];
}

export type TableRules = TableRoles & EncodingRules & CsvFormat;

/**
 * The rows of a CSV file as points, and those of another one as held-out points where there is one: inputs from its columns, and
 * classes, or for a regressor responses, from the column `label`.
 * @param test empty: none
 * @throws BenchError as `readTable`; CSV_COLUMN, CSV_MISSING
 */
export async function tableSource(
  path: string,
  test: string,
  rules: TableRules,
  kind: ModelKind,
): Promise<PointSource> {
  const table = await readTable(path, rules, (header) => wantedColumns(header, path, rules, kind));
  const names = table.columns.map(({ name, holds }) => ({ name, holds }));
  const heldout =
    test === ''
      ? undefined
      : await readTable(test, rules, (header) => {
          for (const { name } of names) requireColumn(name, header, test, 'data.path has it');
          return names;
        });
  const tables = heldout === undefined ? [table] : [table, heldout];
  for (const each of tables) checkMissing(each, rules);
  const classes = tables.map((each) => classesOf(each, rules));
  const trained = sortedNames(classes[0]);
  const classNames = [...trained, ...sortedNames(classes.flat()).filter((name) => !trained.includes(name))];
  const labelOf = new Map(classNames.map((name, label) => [name, label]));
  const [train, others] = tables.map(
    ({ columns }, index): Partition => ({
      name: index === 0 ? 'train' : 'test',
      values: new Float32Array(),
      scale: 1,
      labels: Int32Array.from(classes[index], (name) => (name === undefined ? -1 : (labelOf.get(name) as number))),
      ...(kind === 'regressor' && { responses: Float64Array.from(columns[labelIndex].values) }),
    }),
  );
  const source = { classNames, pixels: false, inputShape: [0], train, ...(others && { heldout: others }) };
  return { ...source, fittedTo: (chosen) => fitted(source, table, heldout, chosen, rules) };
}

/** Place of the label among the columns that are read. */
const labelIndex = 0;
/** Name of the class of all points where the label is a number to be predicted. */
const onlyClass = 'all';

/** The source with inputs, as the training rows make them. */
function fitted(
  source: PointSource,
  table: Table,
  heldout: Table | undefined,
  train: Int32Array,
  rules: TableRules,
): PointSource {
  const encodings = table.columns.slice(1).map((_, input) => encodingOf(table, input + 1, train, rules));
  const dims = encodings.reduce((sum, { width }) => sum + width, 0);
  const { responses } = source.train;
  const { mean, std } =
    rules.standardise && responses !== undefined
      ? momentsOf(Float64Array.from(train, (row) => responses[row]))
      : { mean: 0, std: 1 };
  const encoded = (from: Table, partition: Partition): Partition => ({
    ...partition,
    values: async (rows) => {
      const values = new Float32Array(rows.length * dims);
      for (const [place, row] of rows.entries()) {
        let at = place * dims;
        for (const { width, write } of encodings) {
          write(from, row, values, at);
          at += width;
        }
      }
      return values;
    },
    ...(partition.responses && { responses: partition.responses.map((value) => (value - mean) / std) }),
  });
  return {
    ...source,
    inputShape: [dims],
    train: encoded(table, source.train),
    ...(heldout && source.heldout && { heldout: encoded(heldout, source.heldout) }),
  };
}

/** The label, then the inputs in the order of the file. */
function wantedColumns(header: readonly string[], path: string, rules: TableRoles, kind: ModelKind): Wanted[] {
  const { label, columns, categorical, ignore } = rules;
  const named = [
    [label, 'data.label'] as const,
    ...columns.map((name) => [name, 'data.columns'] as const),
    ...categorical.map((name) => [name, 'data.categorical'] as const),
    ...ignore.map((name) => [name, 'data.ignore'] as const),
  ];
  for (const [name, by] of named) requireColumn(name, header, path, `${by} names it`);
  const isInput = (name: string) =>
    name !== label && !ignore.includes(name) && (columns.length === 0 || columns.includes(name));
  const inputs = header.filter(isInput);
  const stray = categorical.find((name) => !inputs.includes(name));
  if (stray !== undefined)
    throw csvError(
      path,
      `${JSON.stringify(stray)} in data.categorical is no input`,
      'name it in data.columns, or leave it out of data.categorical, data.ignore and data.label',
      'CSV_COLUMN',
    );
  if (inputs.length === 0)
    throw csvError(path, 'has no column left for inputs', 'name other columns, or ignore fewer', 'CSV_COLUMN');
  return [
    { name: label, holds: kind === 'regressor' ? 'numbers' : 'categories' },
    ...inputs.map((name): Wanted => ({ name, holds: categorical.includes(name) ? 'categories' : 'numbers' })),
  ];
}

function requireColumn(name: string, header: readonly string[], path: string, why: string): void {
  if (header.includes(name)) return;
  const few = header.length > 20 ? [...header.slice(0, 20), '…'] : header;
  throw csvError(
    path,
    `has no column ${JSON.stringify(name)}; ${why}`,
    didYouMean(name, header, `columns: ${few.join(', ')}`),
    'CSV_COLUMN',
  );
}

/** @throws BenchError CSV_MISSING where a cell is missing and no rule says what becomes of it */
function checkMissing(table: Table, { missing, label }: TableRules): void {
  if (missing === 'drop') return;
  for (const { name, values } of table.columns) {
    if (missing !== 'refuse' && name !== label) continue;
    const row = values.findIndex(Number.isNaN);
    if (row !== -1)
      throw csvError(
        cellPlace(table, row, name),
        'has no value',
        name === label
          ? 'fill the cell, or set data.missing to drop'
          : 'fill the cell, or set data.missing to drop, mean or median',
        'CSV_MISSING',
      );
  }
}

/** 1 for rows that are left out since a cell of theirs is missing, [rows]. */
function droppedRows({ columns, lines }: Table, { missing }: TableRules): Uint8Array {
  const dropped = new Uint8Array(lines.length);
  if (missing === 'drop')
    for (const { values } of columns)
      for (const [row, value] of values.entries()) if (Number.isNaN(value)) dropped[row] = 1;
  return dropped;
}

/** The class of each row as text, undefined for rows that are dropped, [rows]. */
function classesOf(table: Table, rules: TableRules): (string | undefined)[] {
  const dropped = droppedRows(table, rules);
  const label = table.columns[labelIndex];
  return label.values.map((value, row) =>
    dropped[row] === 1 ? undefined : label.holds === 'categories' ? label.categories[value] : onlyClass,
  );
}

/** Different texts in order: that of numbers where all are numbers. */
function sortedNames(texts: readonly (string | undefined)[]): string[] {
  const names = [...new Set(texts.filter((text) => text !== undefined))];
  return names.every((name) => Number.isFinite(Number(name)))
    ? names.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))
    : names.sort();
}
