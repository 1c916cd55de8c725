import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { smallGrid } from '../../e2e/small-grid.js';
import type { HostileInput } from './row.js';

export const hostileDataFiles: readonly HostileInput[] = [
  {
    what: 'text in place of an IDX file',
    grid: smallGrid.replace('use: digits', 'use: fashion-mnist, path: images'),
    prepare(folder) {
      mkdirSync(join(folder, 'images'));
      writeFileSync(join(folder, 'images/train-images-idx3-ubyte'), 'no IDX file');
    },
    says: /^error: .*train-images-idx3-ubyte.*\n$/,
  },
  {
    what: 'a folder of data that has moved',
    grid: smallGrid.replace('use: digits', 'use: mnist, path: elsewhere'),
    says: /^error: .*found no train-images-idx3-ubyte.* in .*elsewhere, set data\.path.*\n$/,
  },
  {
    what: 'a class that no dataset of ten digits has',
    grid: smallGrid.replace('use: digits', 'use: digits, classes: [3, 12]'),
    says: /^error: .*hostile\.yaml:\d+:\d+ .*a whole number of at most 9, found 12.*\n$/,
  },
];
