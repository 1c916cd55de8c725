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
];
