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
    what: 'a named pipe as the grid file',
    prepare: (folder) => void execFileSync('sh', ['-c', 'rm hostile.yaml; mkfifo hostile.yaml'], { cwd: folder }),
    says: /^error: no grid file "hostile\.yaml": looked for .*\n$/,
  },
];
