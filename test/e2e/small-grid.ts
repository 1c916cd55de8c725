import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './command.js';

/** A grid that takes a few seconds: a tiny perceptron, retrained 64 times. */
export const smallGrid = `schema: bench/grid@1
name: small
seed: 3
tasks:
  - id: tiny
    data: { use: digits, train: 120, queries: 10 }
    model: { use: mlp, hidden: [8], epochs: 4, batch: 32, lr: 0.1 }
    target: margin
truth: { subsets: 32, fraction: 0.5, retrainSeeds: 2 }
methods:
  - use: random
  - use: grad-dot
  - use: trak
    grid: { projDim: [16, 32] }
metrics:
  - use: lds
select: { by: lds, tuneFraction: 0.25 }
report: { resamples: 200 }
`;

/** A folder with grid.yaml in it and an empty results folder beside it. */
export interface GridFolder {
  readonly folder: string;
  readonly results: string;
  /** What names both on the command line, seen from the folder. */
  readonly flags: readonly string[];
}

export function gridFolder(yaml: string = smallGrid): GridFolder {
  const folder = temporaryFolder();
  const results = join(folder, 'results');
  mkdirSync(results);
  writeFileSync(join(folder, 'grid.yaml'), yaml);
  return { folder, results, flags: ['--config', 'grid.yaml', '--results', 'results'] };
}

export function boardBytes({ results }: GridFolder, name = 'small'): string {
  return readFileSync(join(results, 'boards', name, 'board.json'), 'utf8');
}
