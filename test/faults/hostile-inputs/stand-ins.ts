import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { smallGrid } from '../../e2e/small-grid.js';
import { artifactsOf } from '../fault-grid.js';
import type { HostileInput } from './row.js';

const pipe = (folder: string, name: string) => void execFileSync('mkfifo', [join(folder, name)]);
const notAPack = 'not a truth pack that can be used, get it again, or build the truth with `bench truth build`';

/** Files that are named and are something else: a pipe without a writer keeps whoever opens it for ever. */
export const hostileStandIns: readonly HostileInput[] = [
  {
    what: 'a named pipe as a method',
    grid: smallGrid.replace('use: grad-dot', 'use: ./method-pipe.mjs'),
    prepare: (folder) => pipe(folder, 'method-pipe.mjs'),
    says: /^error: hostile\.yaml:12:10 method "\.\/method-pipe\.mjs" has no file .*method-pipe\.mjs, check the path.*\n$/,
  },
  {
    what: 'a named pipe as a model',
    grid: smallGrid.replace('use: mlp', 'use: ./model-pipe.mjs'),
    prepare: (folder) => pipe(folder, 'model-pipe.mjs'),
    says: /^error: hostile\.yaml:7:19 model "\.\/model-pipe\.mjs" has no file .*model-pipe\.mjs, check the path.*\n$/,
  },
  {
    what: 'a named pipe as a baseline',
    grid: `${smallGrid.replace('name: small', 'name: piped')}check: { baseline: baseline-pipe.json }\n`,
    prepare(folder) {
      writeFileSync(join(folder, 'nx.json'), '{}');
      pipe(folder, 'baseline-pipe.json');
    },
    command: ['check'],
    says: /^error: .*baseline-pipe\.json cannot be read \(is a named pipe and not a file\)\n$/,
  },
  {
    what: 'a named pipe, a device, a folder, another stored result and nothing as truth packs, each with its line',
    prepare(folder) {
      pipe(folder, 'pipe.pack');
      symlinkSync('/dev/zero', join(folder, 'device.pack'));
      mkdirSync(join(folder, 'folder.pack'));
      copyFileSync(
        join(folder, 'results', artifactsOf(join(folder, 'results'), 'score')[0]),
        join(folder, 'score.pack'),
      );
    },
    command: ['truth import', 'pipe.pack', 'device.pack', 'folder.pack', 'score.pack', 'nothing.pack'],
    says: new RegExp(
      [
        `^error: pipe\\.pack is a named pipe and not a file: ${notAPack}`,
        `error: device\\.pack is a device and not a file: ${notAPack}`,
        `error: folder\\.pack is a folder and not a file: ${notAPack}`,
        `error: score\\.pack has format undefined, not "bench/truth@1" or "bench/truth@2": ${notAPack}`,
        'error: nothing\\.pack was not found\n$',
      ].join('\n'),
    ),
  },
];
