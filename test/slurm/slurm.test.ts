import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bench, type RunningCommand, start, temporaryFolder } from '../e2e/command.js';
import { boardBytes } from '../e2e/small-grid.js';
import { leftovers } from '../faults/fault-grid.js';
import { type Cluster, startCluster, whyNoCluster } from './cluster.js';

const reason = whyNoCluster();
if (reason !== undefined) console.log(`runs on Slurm are not tested here: ${reason}`);

const grid = `schema: bench/grid@1
name: cluster
seed: 5
tasks:
  - id: tiny
    data: { use: digits, train: 200, queries: 8 }
    model: { use: mlp, hidden: [16], epochs: 200, batch: 16, lr: 0.05 }
    target: margin
truth: { subsets: 64, fraction: 0.5, retrainSeeds: 2 }
methods: [random, grad-dot]
metrics: [lds]
report: { resamples: 100 }
`;
const profile = `schema: bench/slurm@1
cpus: 2
tasks: 2
pack: { least: 1s, most: 1s }
poll: 1s
setup: ['export NODE_OPTIONS="$NODE_OPTIONS"']
`;

describe.skipIf(reason !== undefined)('a grid on Slurm', { timeout: 300_000 }, () => {
  let cluster: Cluster;
  let board: string;
  const name = 'cluster';

  /** A folder whose name is hostile to shells, to Slurm's patterns and to its lists. */
  const gridFolder = (): string => {
    const folder = join(temporaryFolder(), `it's "$(x)", %j\n#SBATCH --hold`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'grid.yaml'), grid);
    writeFileSync(join(folder, 'profile.yaml'), profile);
    return folder;
  };
  const flags = ['grid', 'grid.yaml', '--results', 'results', '--json'];
  const onSlurm = (cwd: string): RunningCommand =>
    start([...flags, '--executor', 'slurm', '--profile', 'profile.yaml'], { cwd, env: cluster.env });
  const boardIn = (folder: string): string => boardBytes({ folder, results: join(folder, 'results'), flags: [] }, name);
  const submissions = (folder: string): number => {
    const runs = join(folder, 'results/slurm');
    return readdirSync(runs).reduce((sum, run) => sum + readdirSync(join(runs, run, 'submissions')).length, 0);
  };
  const expectBoard = async (folder: string, command: RunningCommand): Promise<void> => {
    const { code, stderr } = await command.ending;
    expect(code, stderr).toBe(0);
    expect(boardIn(folder)).toBe(board);
    expect(leftovers(join(folder, 'results/store'))).toEqual([]);
  };

  beforeAll(async () => {
    cluster = startCluster({ nodes: 2, port: 17_300, folder: join(temporaryFolder(), 'slurm') });
    const folder = gridFolder();
    const { code, stderr } = await bench(flags, { cwd: folder });
    expect(code, stderr).toBe(0);
    board = boardIn(folder);
  });
  afterAll(() => cluster?.stop());

  test('ends with the board of a local run though its tasks are cancelled under way', async () => {
    const folder = gridFolder();
    const command = onSlurm(folder);
    const [, job] = await said(command, /submitted job (\d+)[\s\S]*"step-finished","step":"retrain:/);
    cluster.slurm('scancel', job);
    await expectBoard(folder, command);
    expect((await command.ending).stdout).toMatch(
      /job \d+_\d+ on n\d ended \((cancelled|stopped).*\) with \d+ steps left.*see .*\.log/s,
    );
    expect(submissions(folder)).toBeGreaterThan(1);
  });

  test('is submitted once when the command that watches it is killed and two others are started', async () => {
    const folder = gridFolder();
    const first = onSlurm(folder);
    await said(first, /"step-finished"/);
    first.process.kill('SIGKILL');
    await first.ending;
    const before = submissions(folder);
    const others = [onSlurm(folder), onSlurm(folder)];
    for (const other of others) await expectBoard(folder, other);
    expect(submissions(folder)).toBe(before);
  });

  test('is taken back by bench cancel, and goes on with the same command', async () => {
    const folder = gridFolder();
    const command = onSlurm(folder);
    await said(command, /"step-finished"/);
    const status = await bench(['status', '--results', 'results'], { cwd: folder, env: cluster.env });
    expect(status.stdout).toMatch(/cluster-\w+: \d+ tasks? running, \d+ waiting; jobs \d+/);
    const cancel = await bench(['cancel', name, '--results', 'results'], { cwd: folder, env: cluster.env });
    expect(cancel).toMatchObject({ code: 0, stdout: expect.stringMatching(/taken back/) });
    expect(await command.ending).toMatchObject({
      code: 4,
      stdout: expect.stringMatching(/taken back \(bench cancel\)/),
    });
    await expectBoard(folder, onSlurm(folder));
  });
});

/** Resolves with what a command says on standard output once that matches. @throws when it ends before */
function said(command: RunningCommand, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let heard = '';
    command.process.stdout?.on('data', (chunk: string) => {
      heard += chunk;
      const match = pattern.exec(heard);
      if (match !== null) resolve(match);
    });
    void command.ending.then(({ stdout, stderr }) =>
      reject(new Error(`it ended without saying ${pattern}: ${stdout.slice(-2000)} ${stderr}`)),
    );
  });
}
