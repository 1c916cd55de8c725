import { fileURLToPath } from 'node:url';
import { list, text } from '@attribution-bench/contract';
import { defineDataset, pointParams } from '../dataset.js';
import { tableSource } from './table-source.js';

const file = new URL('../../../data/penguins.csv', import.meta.url);

const rules = {
  categorical: ['island', 'sex'],
  delimiter: 'comma',
  missing: 'drop',
  missingText: ['NA'],
  unseen: 'zeros',
  standardise: true,
  columns: [],
} as const;

/**
 * Palmer penguins: body mass to be predicted from species, island, sex, bill and flipper, or the species from everything else.
 * Shipped with the package.
 */
export const penguins = defineDataset({
  id: 'penguins',
  title: 'Palmer penguins',
  licence: 'CC0 1.0',
  home: 'https://allisonhorst.github.io/palmerpenguins/',
  kinds: ['regressor', 'classifier'],
  params: {
    ...pointParams({ train: 233, queries: 100 }),
    classes: list(text({ help: 'a species' }), { default: [], help: 'species to keep; none named: all' }),
  },
  load: (_params, _environment, _seed, kind) =>
    tableSource(
      fileURLToPath(file),
      '',
      kind === 'regressor'
        ? { ...rules, label: 'body_mass_g', categorical: ['species', ...rules.categorical], ignore: ['year'] }
        : { ...rules, label: 'species', ignore: ['year'] },
      kind,
    ),
});
