import { rmSync } from 'node:fs';
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
const killsARound = 3;
/** Share of the kills that come before there is anything to do: while the command starts and plans. */
const early = 0.2;
const pauseMs = 100;

let board: string;
/** How many lines of events an undisturbed run prints, and how long it takes until the first. */
let lines: number;
let firstLineMs: number;

/** Tells every event, so that there are many moments to kill it at. */
const run = ({ folder, flags }: GridFolder): RunningCommand =>
  start(['grid', ...flags, '--json', '--jobs', '2'], { cwd: folder });

beforeAll(async () => {
  const folder = gridFolder(faultGrid);
  const before = performance.now();
  const command = run(folder);
  command.process.stdout?.once('data', () => {
    firstLineMs = performance.now() - before;
  });
  const { code, stdout, stderr } = await command.ending;
  expect(code, stderr).toBe(0);
  lines = linesOf(stdout);
  board = boardBytes(folder, 'faults');
});

test(
  `killed ${kills} times at random moments, alone or one of two, it ends with the same board each time`,
  async () => {
    const killed = { alone: 0, ofTwo: 0 };
    for (let round = 0; killed.alone + killed.ofTwo < kills; round++) {
      const folder = gridFolder(faultGrid);
      if (round % roundsOfTwo === roundsOfTwo - 1) {
        const survivor = run(folder);
        if (await killedAtRandom(run(folder), lines / 2)) killed.ofTwo++;
        expect(await survivor.ending).toMatchObject({ code: 0 });
      } else for (let n = 0; n < killsARound && (await killedAtRandom(run(folder), lines)); n++) killed.alone++;
      const last = await run(folder).ending;
      expect(last.stderr).not.toMatch(/^error|set aside/m);
      expect(last.code).toBe(0);
      expect(boardBytes(folder, 'faults')).toBe(board);
      expect(leftovers(folder.results)).toEqual([]);
      const store = openStore(join(folder.results, 'store'));
      for await (const artifact of store.list()) expect(await store.isSound(artifact), artifact.place).toBe(true);
      rmSync(folder.folder, { recursive: true });
      console.log(`killed ${killed.alone} alone and ${killed.ofTwo} of two in ${round + 1} rounds`);
    }
  },
  60_000 + kills * 60_000,
);

/** Kills a command at some time of its start, or a little after any of so many lines; false when it ended before. */
async function killedAtRandom(command: RunningCommand, ofLines: number): Promise<boolean> {
  const signal = signals[Math.floor(Math.random() * signals.length)];
  const kill = (afterMs: number) => setTimeout(() => command.process.kill(signal), Math.random() * afterMs);
  let timer: NodeJS.Timeout | undefined;
  if (Math.random() < early) timer = kill(firstLineMs);
  else {
    const line = 1 + Math.floor(Math.random() * ofLines);
    command.process.stdout?.on('data', () => {
      if (linesOf(command.output()) >= line) timer ??= kill(pauseMs);
    });
  }
  const { code, stderr } = await command.ending;
  clearTimeout(timer);
  expect([0, signal], stderr).toContain(code);
  return code !== 0;
}

function linesOf(text: string): number {
  return text.split('\n').length - 1;
}
