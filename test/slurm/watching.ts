import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readNote, writeNote } from '@attribution-bench/store';
import { expect } from 'vitest';
import { type RunningCommand, start, temporaryFolder } from '../e2e/command.js';
import { boardBytes } from '../e2e/small-grid.js';
import { holdSteps } from '../e2e/steps.js';
import { leftovers } from '../faults/fault-grid.js';
import type { Cluster } from './cluster.js';

/** A grid and a profile in a folder of their own, and the command that has it done by a cluster. */
export interface Scene {
  /** With a name that is hostile to shells, to Slurm's patterns and to its lists. */
  readonly folder: string;
  readonly flags: readonly string[];
  /** Variables of the command: what it remembers of the seconds of steps is the cluster's, and not this user's. */
  readonly env: NodeJS.ProcessEnv;
  watch(...more: readonly string[]): RunningCommand;
  writeProfile(lines: string): void;
  /** Bytes of the board. */
  board(): string;
  /** {@link holdSteps}: no task comes to its end as long as steps of its own pack are held. */
  hold(steps: readonly string[]): Promise<() => Promise<void>>;
  /** Has every step predicted to take a second, whatever the machine: the record of another run says so. */
  predictSeconds(other: Scene): Promise<void>;
  /** Folders of the arrays that were submitted, in order. */
  submissions(): string[];
  /** Expects a command to end well, with this board, and nothing left of what was interrupted. */
  expectBoard(command: RunningCommand, board: string): Promise<void>;
}

export function openScene(
  cluster: Cluster,
  files: Readonly<Record<string, string>>,
  { name, profile, under = temporaryFolder() }: { name: string; profile: string; under?: string },
): Scene {
  const folder = join(under, `it's "$(x)", %j\n#SBATCH --hold`);
  mkdirSync(folder);
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  const flags = ['grid', 'grid.yaml', '--results', 'results', '--json'];
  const writeProfile = (lines: string): void =>
    writeFileSync(join(folder, 'profile.yaml'), `schema: bench/slurm@1\npoll: 1s\n${lines}`);
  writeProfile(profile);
  const env = { ...cluster.env, XDG_CACHE_HOME: join(cluster.folder, 'cache') };
  const board = (): string => boardBytes({ folder, results: join(folder, 'results'), flags: [] }, name);
  return {
    folder,
    flags,
    env,
    writeProfile,
    board,
    watch: (...more) =>
      start([...flags, '--executor', 'slurm', '--profile', 'profile.yaml', ...more], {
        cwd: folder,
        env,
      }),
    hold: (steps) => holdSteps(join(folder, 'results'), steps),
    async predictSeconds(other) {
      const probes = join(other.folder, 'results/probes');
      for (const file of readdirSync(probes)) {
        const about = basename(file, '.json');
        const record = (await readNote(join(probes, file), about)) as Record<string, { peakRssBytes: number }>;
        const seconds = Object.entries(record).map(([step, measured]) => [step, { ...measured, seconds: 1 }]);
        await writeNote(join(folder, 'results/probes', file), about, Object.fromEntries(seconds));
      }
    },
    submissions() {
      const runs = join(folder, 'results/slurm');
      return readdirSync(runs).flatMap((run) => {
        const parent = join(runs, run, 'submissions');
        const numbers = readdirSync(parent).sort((a, b) => Number(a) - Number(b));
        return numbers.map((number) => join(parent, number));
      });
    },
    async expectBoard(command, expected) {
      const { code, stderr } = await command.ending;
      expect(code, stderr).toBe(0);
      expect(board()).toBe(expected);
      expect(leftovers(join(folder, 'results/store'))).toEqual([]);
    },
  };
}

/** Resolves with what a command says on standard output once that matches. @throws when it ends before */
export function said(command: RunningCommand, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const match = pattern.exec(command.output());
      if (match !== null) resolve(match);
    };
    command.process.stdout?.on('data', look);
    look();
    void command.ending.then(({ stdout, stderr }) =>
      reject(new Error(`it ended without saying ${pattern}: ${stdout.slice(-2000)} ${stderr}`)),
    );
  });
}
