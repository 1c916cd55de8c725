import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { bool, choice, file, list, text } from '@attribution-bench/contract';
import { defineDataset, pointParams } from '../dataset.js';
import { checkTableFile, delimiters } from './table.js';
import { tableSource } from './table-source.js';

/** What says that a cell is missing where a grid names nothing else. */
export const usualMissingText: readonly string[] = ['NA', 'NaN', '?'];

const column = text({ help: 'name of a column' });

/** The user's own table: a CSV file with a header line, and another one for held-out points where there is one. */
export const csv = defineDataset({
  id: 'csv',
  title: 'A table in a CSV file',
  licence: "the user's own",
  home: '',
  kinds: ['classifier', 'regressor'],
  params: {
    ...pointParams({ train: 1000, queries: 100 }),
    classes: list(text({ help: 'a class, as it is written' }), {
      default: [],
      help: 'classes to keep; none named: all',
    }),
    path: file({ help: 'the CSV file' }),
    test: file({ default: '', help: 'a CSV file of held-out points; left out: they are rows of the other file' }),
    label: text({ help: 'the column that is predicted: classes, or numbers where the model is a regressor' }),
    columns: list(column, { default: [], help: 'columns that are inputs; none named: all but the label' }),
    categorical: list(column, {
      default: [],
      help: 'inputs that are categories: each category of the training points becomes a number, 1 or 0',
    }),
    ignore: list(column, { default: [], help: 'columns that are no inputs' }),
    standardise: bool({
      default: true,
      help: 'whether numeric columns, and the numbers that a regressor predicts, are given mean 0 and standard deviation 1, by the training points',
    }),
    missing: choice(['refuse', 'drop', 'mean', 'median'], {
      default: 'refuse',
      help: 'what becomes of missing cells: refused, their rows dropped, or filled with the mean or median of the training points, or with their most frequent category',
    }),
    missingText: list(text({ help: 'a cell' }), {
      default: usualMissingText,
      help: 'what cells say that are missing, besides nothing',
    }),
    unseen: choice(['refuse', 'zeros'], {
      default: 'refuse',
      help: 'what becomes of a category of a query that no training point has: refused, or 0 for every category',
    }),
    delimiter: choice(Object.keys(delimiters) as (keyof typeof delimiters)[], {
      default: 'comma',
      help: 'what is between the cells',
    }),
  },
  async fingerprint({ path, test }) {
    const hash = createHash('sha256');
    for (const each of test === '' ? [path] : [path, test]) {
      hash.update(`${await checkTableFile(each)}\0`);
      for await (const part of createReadStream(each)) hash.update(part);
    }
    return hash.digest('hex');
  },
  load: ({ path, test, ...rules }, _environment, _seed, kind) => tableSource(path, test, rules, kind),
});
