import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boardSchema } from '@attribution-bench/leaderboard';
import { smallGrid } from '../../e2e/small-grid.js';
import type { HostileInput } from './row.js';

const onLinux = process.platform === 'linux';

/** /proc says of nothing in it that it is missing or refused: recursive mkdir of Node never returns from it. */
const inProc: readonly HostileInput[] = ['grid', 'plan', 'check', 'accept', 'truth build', 'truth export'].map(
  (verb) => ({
    what: `a results folder in /proc: ${verb}`,
    command: [verb, '--results', '/proc/x', ...(verb === 'accept' ? ['--reason', 'none'] : [])],
    says: /^error: \/proc\/x cannot be written: .*\n$/,
  }),
);

/** Places where results or output cannot be written. Their rows name a results folder of their own after the usual one. */
export const hostileOutputs: readonly HostileInput[] = [
  {
    what: 'a results folder inside a file',
    command: ['grid', '--results', 'hostile.yaml/results'],
    says: /^error: .*hostile\.yaml\/results.*\n$/,
  },
  {
    what: 'a results folder without a name',
    command: ['grid', '--results', ''],
    says: /^error: .*--results <place>.* Expected a folder or s3:.*\n$/,
  },
  ...(onLinux ? inProc : []),
  {
    what: 'a results folder to report from that does not exist and cannot be made',
    command: ['report', '--results', '/proc/x'],
    says: /^error: hostile\.yaml has no results in \/proc\/x, bench grid hostile\.yaml computes them\n$/,
  },
  {
    what: 'a baseline where nothing can be written',
    grid: `${smallGrid}check: { baseline: hostile.yaml/x/baseline.json }\n`,
    prepare: (folder) => writeFileSync(join(folder, 'nx.json'), '{}'),
    command: ['accept', '--reason', 'none'],
    says: /^error: .*hostile\.yaml\/x.* cannot be .*\n$/,
  },
  {
    what: 'truth packs where nothing can be written',
    command: ['truth export', '--to', 'hostile.yaml/x'],
    says: /^error: .*hostile\.yaml\/x cannot be written: .*\n$/,
  },
  {
    what: 'a temporary folder that is not there',
    // Its steps are like none that ran before, and are tried.
    grid: smallGrid.replace('seed: 3', 'seed: 4').replace('epochs: 4', 'epochs: 5'),
    command: ['plan'],
    env: { TMPDIR: '/nonexistent' },
    says: /error: \/nonexistent cannot hold temporary files: .*, set TMPDIR to an existing folder that can be written\n$/,
  },
  {
    what: 'a board beside it that is none',
    grid: smallGrid.replace('name: small', 'name: other'),
    prepare(folder) {
      for (const [name, text] of Object.entries({
        a: JSON.stringify({ schema: boardSchema }),
        b: '{',
        c: 'null',
        d: '[]',
      })) {
        mkdirSync(join(folder, 'results/boards', name), { recursive: true });
        writeFileSync(join(folder, 'results/boards', name, 'board.json'), text);
      }
      mkdirSync(join(folder, 'results/boards/pipe'), { recursive: true });
      execFileSync('mkfifo', [join(folder, 'results/boards/pipe/board.json')]);
    },
    says: /warning: .*boards\/a\/board\.json is left out of the index: it is not a whole board .*\nwarning: .*boards\/b\/board\.json is left out/,
    code: 0,
  },
];
