import { join } from 'node:path';
import { openStore } from '@attribution-bench/store';
import { beforeAll, expect, test } from 'vitest';
import { type RunningCommand, start } from '../e2e/command.js';
import { boardBytes, type GridFolder, gridFolder } from '../e2e/small-grid.js';
import { faultGrid, leftovers } from './fault-grid.js';

/** How many processes are killed: a few where it has to be quick, `BENCH_FAULT_KILLS=200` by hand. */
const kills = Number(process.env.BENCH_FAULT_KILLS ?? 8);
/** A kill from outside, and what native code that crashes ends its process with. */
const signals = ['SIGKILL', 'SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGBUS'] as const;
/** Every so many rounds two processes share the work and one of them is killed. */
const roundsOfTwo = 3;

let board: string;
let undisturbedMs: number;

const run = ({ folder, flags }: GridFolder): RunningCommand =>
  start(['grid', ...flags, '--progress', 'plain', '--jobs', '2'], { cwd: folder });

beforeAll(async () => {
  const folder = gridFolder(faultGrid);
  const before = performance.now();
  const { code, stderr } = await run(folder).ending;
  undisturbedMs = performance.now() - before;
  expect(code, stderr).toBe(0);
  board = boardBytes(folder, 'faults');
});

test(
  `killed ${kills} times at random moments, alone or one of two, it ends with the same board each time`,
  async () => {
    const killed = { alone: 0, ofTwo: 0, tooLate: 0 };
    for (let round = 0; killed.alone + killed.ofTwo < kills; round++) {
      const folder = gridFolder(faultGrid);
      const together = round % roundsOfTwo === roundsOfTwo - 1;
      const tries = 1 + (round % 3);
      for (let n = 0; n < tries && killed.alone + killed.ofTwo < kills; n++) {
        const others = together ? [run(folder)] : [];
        const code = await killedAtRandom(run(folder));
        if (code === 0) killed.tooLate++;
        else if (together) killed.ofTwo++;
        else killed.alone++;
        for (const { ending } of others) expect(await ending).toMatchObject({ code: 0 });
      }
      const last = await run(folder).ending;
      expect(last.stderr).not.toMatch(/^error|set aside/m);
      expect(last.code).toBe(0);
      expect(boardBytes(folder, 'faults')).toBe(board);
      expect(leftovers(folder.results)).toEqual([]);
      const store = openStore(join(folder.results, 'store'));
      for await (const artifact of store.list()) expect(await store.isSound(artifact), artifact.file).toBe(true);
    }
    console.log(`killed ${killed.alone} alone and ${killed.ofTwo} of two; ${killed.tooLate} had ended before`);
  },
  60_000 + kills * 60_000,
);

/** How it ended: by the signal, or before that. */
async function killedAtRandom(command: RunningCommand): Promise<number | NodeJS.Signals | null> {
  const signal = signals[Math.floor(Math.random() * signals.length)];
  const timer = setTimeout(() => command.process.kill(signal), Math.random() * undisturbedMs);
  const { code, stderr } = await command.ending;
  clearTimeout(timer);
  expect([0, signal], stderr).toContain(code);
  return code;
}
