import { spawn } from 'node:child_process';
import { choice, defineMethod } from '@attribution-bench/contract';

/** What it does, by name, in place of scoring. */
const ways = {
  loops() {
    for (;;);
  },
  'loops-after-printing'() {
    console.error('about to loop');
    for (;;);
  },
  'never-settles': () => new Promise(() => undefined),
  async 'fills-heap'() {
    const held = [];
    for (;;) held.push(Array.from({ length: 1000 }, () => ({})));
  },
  async 'fills-buffers'() {
    const held = [];
    for (;;) held.push(new Uint8Array(8 * 2 ** 20).fill(1));
  },
  exits: () => process.exit(0),
  'exits-in-timer': () => new Promise(() => setTimeout(() => process.exit(0), 10)),
  'exits-in-exit-listener'() {
    process.on('exit', () => process.exit(0));
    process.exit(3);
  },
  'throws-in-timer': () =>
    new Promise(() =>
      setTimeout(() => {
        throw new Error('too late');
      }, 10),
    ),
  'rejects-unheard'() {
    Promise.reject(new Error('nobody listens'));
    return new Promise(() => undefined);
  },
  aborts: () => process.abort(),
  crashes() {
    process.kill(process.pid, 'SIGSEGV');
    return new Promise(() => undefined);
  },
  disconnects() {
    process.disconnect();
    return new Promise(() => undefined);
  },
  'leaves-a-child'() {
    spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    throw new Error('left a child behind');
  },
  /** Answers nothing and does what would change every method after it, were they in the same process. */
  pollutes() {
    Object.prototype.toJSON = () => 'polluted';
    Array.prototype.map = () => [];
    Math.fround = () => Number.NaN;
    throw new Error('polluted');
  },
  prints() {
    for (let line = 0; line < 20_000; line++) process.stdout.write(`line ${line} of many\n`);
    throw new Error('printed');
  },
};

export default defineMethod({
  id: 'hostile',
  title: 'Hostile',
  family: 'control',
  origin: 'baseline',
  cite: 'none',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier'],
  needs: [],
  params: {
    way: choice([...Object.keys(ways), 'exits-in-supports', 'odd-uses'], { help: 'what it does' }),
    where: choice(['fit', 'score'], { default: 'score', help: 'where it does that' }),
  },
  supports: (_task, { way }) => (way === 'exits-in-supports' ? process.exit(0) : true),
  uses: ({ way }) => (way === 'odd-uses' ? { checkpoints: 'many' } : {}),
  async fit(_ctx, { way, where }) {
    return where === 'fit' ? ways[way]() : {};
  },
  score: async (_ctx, { way }) => ways[way](),
});
