import { execFileSync } from 'node:child_process';
import { smallGrid } from '../../e2e/small-grid.js';
import type { HostileInput } from './row.js';

const aliases = [...'bcdefghijk'].map((name, i) => {
  const before = String.fromCharCode('a'.charCodeAt(0) + i);
  return `extra${i}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`;
});

export const hostileGridFiles: readonly HostileInput[] = [
  {
    what: 'an empty grid file',
    grid: '',
    says: /^error: hostile\.yaml:1:1 is not a grid file: expected a mapping with .*\n$/,
  },
  {
    what: 'a grid file of bytes that are no text',
    grid: Uint8Array.from({ length: 4096 }, (_, i) => (i * 167) % 256),
    says: /^error: hostile\.yaml/,
  },
  {
    what: 'aliases that unfold to billions of nodes',
    grid: `${smallGrid}extra: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n${aliases.join('\n')}\n`,
    says: /^error: hostile\.yaml/,
  },
  {
    what: 'lists nested ten thousand deep',
    grid: `${smallGrid}extra: ${'['.repeat(1e4)}${']'.repeat(1e4)}\n`,
    says: /^error: hostile\.yaml/,
  },
  {
    what: 'a list that holds itself',
    grid: `${smallGrid}extra: &self [*self]\n`,
    says: /^error: hostile\.yaml:\d+:\d+ is nested more than 50 deep, or holds itself\n$/,
  },
  {
    what: 'a merge key',
    grid: smallGrid.replace('- id: tiny', '- id: tiny\n    <<: { kind: classifier }'),
    says: /^error: hostile\.yaml:6:5 merge keys \(<<\) are not read, a task takes over .* "extends: <its id>"\n$/,
  },
  {
    what: '__proto__ as the name of a parameter',
    grid: smallGrid.replace('projDim: [16, 32]', '__proto__: [1, 2]'),
    says: /^error: hostile\.yaml:14:13 "__proto__" cannot be a key, leave it out\n$/,
  },
  {
    what: 'a number without end as a parameter',
    grid: smallGrid.replace('lr: 0.1', 'lr: .inf'),
    says: /^error: hostile\.yaml:7:\d+ expected a number.*, found \.inf .*\n$/,
  },
  {
    what: 'numbers that are none in the lists of a sweep',
    grid: smallGrid.replace('[16, 32]', '[16, 1e999, .nan, .nan]'),
    says: /found \.inf \(a number too large to hold\)[\s\S]*found \.nan[\s\S]*\.nan is listed twice|\.nan is listed twice[\s\S]*found \.inf/,
  },
  {
    what: 'a seed that is no number',
    grid: smallGrid.replace('seed: 3', 'seed: .nan'),
    says: /^error: hostile\.yaml:3:7 expected a (whole )?number, found \.nan\n$/,
  },
  {
    what: 'fifty thousand unknown keys',
    grid: `${smallGrid}${Array.from({ length: 50_000 }, (_, i) => `key${i}: 1\n`).join('')}`,
    says: /^error: hostile\.yaml:19:1 unknown key "key0"[\s\S]*error: 49900 more problems\n$/,
  },
  {
    what: 'a key of a million letters',
    grid: `${smallGrid}? ${'k'.repeat(1e6)}\n: 1\n`,
    says: /^error: hostile\.yaml:19:\d+ unknown key "k+\.\.\.,/,
  },
  {
    what: 'a sweep of 10^20 settings',
    grid: smallGrid.replace(
      'grid: { projDim: [16, 32] }',
      `grid: { ${Array.from({ length: 10 }, (_, p) => `p${p}: [${Array.from({ length: 100 }, (_, i) => i).join()}]`).join(', ')} }`,
    ),
    says: /has 100000000000000000000 combinations, more than 10000/,
  },
  ...[
    ['longer than file names', 'x'.repeat(300), 'expected at most 100 characters, found 300'],
    ['that the boards folder uses itself', 'index.html', '"index.html" is a file of the boards folder'],
    ['of a device', 'CON', '"CON" is the name of a device on Windows'],
    ['of a path', '../small', 'expected letters, digits, dots, dashes and underscores'],
    ['of what JavaScript inherits', '__proto__', 'expected letters, digits'],
  ].flatMap(([kind, name, problem]): HostileInput[] => [
    {
      what: `a grid name ${kind}`,
      grid: smallGrid.replace('name: small', `name: ${name}`),
      says: new RegExp(`^error: hostile\\.yaml:2:7 ${problem}`),
    },
    {
      what: `a task id ${kind}`,
      grid: smallGrid.replace('id: tiny', `id: ${name}`),
      says: new RegExp(`^error: hostile\\.yaml:5:9 ${problem}`),
    },
  ]),
  {
    what: 'task ids that differ in case alone',
    grid: smallGrid.replace('truth:', '  - id: TINY\n    extends: tiny\ntruth:'),
    says: /^error: hostile\.yaml:9:9 another task has the id "tiny": some file systems do not distinguish upper and lower case\n$/,
  },
  {
    what: 'a tolerance of a metric that is not measured',
    grid: `${smallGrid}check: { baseline: x.json, tolerance: { loo: 0.1 } }\n`,
    says: /^error: hostile\.yaml:19:\d+ "loo" is not under metrics.*\n$/,
  },
  ...[
    ['cell: 0s', 'expected a duration such as 90s, 20m or 1h30m'],
    [`cell: ${'9'.repeat(400)}h`, 'expected a duration'],
    ['memory: 0GiB', 'expected a size'],
  ].map(
    ([budget, problem]): HostileInput => ({
      what: `a budget of ${budget.slice(0, 20)}`,
      grid: `${smallGrid}budget: { ${budget} }\n`,
      says: new RegExp(`^error: hostile\\.yaml:19:\\d+ ${problem}`),
    }),
  ),
  {
    what: 'a named pipe as the grid file',
    prepare: (folder) => void execFileSync('sh', ['-c', 'rm hostile.yaml; mkfifo hostile.yaml'], { cwd: folder }),
    says: /^error: no grid file "hostile\.yaml": looked for .*\n$/,
  },
];
