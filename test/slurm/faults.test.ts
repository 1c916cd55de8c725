import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bench, type RunningCommand, temporaryFolder } from '../e2e/command.js';
import { type Cluster, startCluster, whyNoCluster } from './cluster.js';
import { costOf, type Strike, type TaskName } from './fault-record.js';
import { openScene, type Scene, said } from './watching.js';

/** They take half an hour, most of it waiting for daemons: `BENCH_SLURM_FAULTS=1 npx vitest run test/slurm/faults`. */
const isAsked = process.env.BENCH_SLURM_FAULTS !== undefined;
const reason = whyNoCluster();
if (isAsked && reason !== undefined) console.log(`faults on Slurm are not tried here: ${reason}`);

const name = 'cluster';
const grid = `schema: bench/grid@1
name: ${name}
seed: 5
tasks:
  - id: tiny
    data: { use: digits, train: 400, queries: 8 }
    model: { use: mlp, hidden: [64], epochs: 600, batch: 16, lr: 0.05 }
    target: margin
truth: { subsets: 48, fraction: 0.5, retrainSeeds: 1 }
methods: [random, grad-dot]
metrics: [lds]
report: { resamples: 100 }
`;
/** A method that takes its time, or the memory, only on nodes of the cluster, so that its board costs nothing elsewhere. */
const ownGrid = `schema: bench/grid@1
name: ${name}
seed: 5
tasks:
  - id: tiny
    data: { use: synthetic, train: 40, queries: 6 }
    model: { use: logistic, epochs: 5 }
truth: { subsets: 8, retrainSeeds: 1 }
methods: [random, { use: ./own.ts, params: { n: 1 } }, { use: ./own.ts, params: { n: 2 } }]
metrics: [lds]
report: { resamples: 100 }
`;
const ownMethod = (onNode: string): string => `import { hostname } from 'node:os';
import { defineMethod, num } from '@attribution-bench/contract';
const held: Buffer[] = [];
export default defineMethod({
  id: 'own', title: 'Own', family: 'own', origin: 'original', cite: 'nobody', revision: 1,
  scoreShape: 'global', tasks: ['classifier'], needs: [], params: { n: num({ default: 1, help: 'nothing' }) },
  async score({ task }) {
    if (/^n[0-9]$/.test(hostname())) { ${onNode} }
    return Float32Array.from({ length: task.train }, (_, point) => 1 / (point + 1));
  },
});
`;
const profile = 'cpus: 1\ntasks: 2\nmemory: 2GiB\npack: { least: 3s, most: 3s }\n';

interface Fault {
  readonly name: string;
  /** Files of the grid; default the one above. */
  readonly files?: Readonly<Record<string, string>>;
  readonly profile?: string;
  /** Whether each step is predicted to take a second, and not what it took here. */
  readonly isTimed?: boolean;
  /** Whether the results lie on a small disk of their own. */
  readonly onDisk?: boolean;
  /** What must be tried, and may be absent here. */
  readonly needs?: string;
  /** Does it to a run, and answers once the last of the commands that watch it is to end well. */
  strike(scene: Scene, cluster: Cluster): Promise<Strike & { readonly last: RunningCommand }>;
}

const faketime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const disk = { folder: '', ballast: '' };

/** A run with a step done, whose tasks are at others. */
async function underWay(scene: Scene): Promise<RunningCommand> {
  const command = scene.watch();
  await said(command, /"step-finished","step":"retrain:[\s\S]*"step-started","step":"retrain:/);
  return command;
}

/** Tasks that run, on a node or anywhere. */
function running(cluster: Cluster, node = ''): TaskName[] {
  const lines = cluster.slurm('squeue', '--noheader', '--array', '--states=RUNNING', '--format=%F %K %N').split('\n');
  return lines
    .map((line) => line.split(' '))
    .filter(([job, , where]) => job !== '' && where?.includes(node))
    .map(([job = '', index]) => ({ job, index: Number(index) }));
}

/** When a task that is known to have ended did, as Slurm says. */
function endOf(cluster: Cluster, { job, index }: TaskName): number {
  const told = cluster.slurm('scontrol', 'show', 'job', `${job}_${index}`);
  return new Date(/EndTime=(\S+)/.exec(told)?.[1] ?? '').getTime();
}

function taskIn(match: RegExpExecArray): TaskName {
  return { job: match[1] ?? '', index: Number(match[2]) };
}

/** Processes of a node that do a pack. */
function packProcesses(cluster: Cluster, node: string): number[] {
  return cluster.processes(node).filter((pid) => {
    const file = `/proc/${pid}/cmdline`;
    return existsSync(file) && readFileSync(file, 'utf8').includes('slurm-task');
  });
}

/** Takes a node away from a run that is under way, and gives it back after so many ms. */
async function awayFor(
  ms: number,
  away: Parameters<Cluster['node']>[0],
  back: Parameters<Cluster['node']>[0],
  scene: Scene,
  cluster: Cluster,
): Promise<Awaited<ReturnType<Fault['strike']>>> {
  const last = await underWay(scene);
  const tasks = running(cluster, 'n1');
  const at = Date.now();
  cluster.node(away, 'n1');
  await delay(ms);
  cluster.node(back, 'n1');
  return { at, tasks, last };
}

function setTimeoutOfNodes(cluster: Cluster, seconds: number): void {
  const file = join(cluster.folder, 'slurm.conf');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^SlurmdTimeout=.*/m, `SlurmdTimeout=${seconds}`));
  cluster.slurm('scontrol', 'reconfigure');
}

/** Waits until all nodes take jobs; those that Slurm has drained get them again, as an administrator would have it. */
async function untilUp(cluster: Cluster): Promise<void> {
  const states = (): string[] => cluster.slurm('sinfo', '--noheader', '-N', '-o', '%N %T').trim().split('\n');
  while (states().some((line) => /down|unk|\*/i.test(line))) await delay(500);
  for (const line of states())
    if (/drain/i.test(line)) cluster.slurm('scontrol', 'update', `nodename=${line.split(' ')[0]}`, 'state=resume');
}

const faults: readonly Fault[] = [
  {
    name: 'scancel of one task',
    async strike(scene, cluster) {
      const last = await underWay(scene);
      const [task] = running(cluster);
      const at = Date.now();
      cluster.slurm('scancel', `${task?.job}_${task?.index}`);
      return { at, tasks: task === undefined ? [] : [task], last };
    },
  },
  {
    name: 'scancel of a whole array',
    async strike(scene, cluster) {
      const last = await underWay(scene);
      const tasks = running(cluster);
      const at = Date.now();
      cluster.slurm('scancel', ...new Set(tasks.map(({ job }) => job)));
      return { at, tasks, last };
    },
  },
  {
    name: 'SIGKILL of a task',
    async strike(scene, cluster) {
      const last = await underWay(scene);
      const tasks = running(cluster, 'n1');
      const at = Date.now();
      for (const pid of packProcesses(cluster, 'n1')) process.kill(pid, 'SIGKILL');
      return { at, tasks, last };
    },
  },
  {
    name: 'SIGKILL of a task in the middle of a step that it took from another one',
    files: { 'grid.yaml': grid.replace('epochs: 600', 'epochs: 1500') },
    isTimed: true,
    async strike(scene, cluster) {
      const begin = join(scene.folder, '..', 'begin');
      const waits = `while [ "$SLURM_ARRAY_TASK_ID" = 1 ] && [ ! -e ${begin} ]; do sleep 0.1; done`;
      scene.writeProfile(
        `${profile.replace(/pack.*/, 'pack: { least: 1s, most: 30m }')}setup: [${JSON.stringify(waits)}]\n`,
      );
      const last = scene.watch();
      await said(last, /"step-finished","step":"retrain:/);
      const [folder = ''] = scene.submissions();
      const { packs } = JSON.parse(readFileSync(join(folder, 'submission.json'), 'utf8'));
      const [, step = ''] = await said(last, new RegExp(`"step-started","step":"(${packs[1].join('|')})"`));
      const at = Date.now();
      for (const node of ['n1', 'n2']) for (const pid of packProcesses(cluster, node)) process.kill(pid, 'SIGKILL');
      writeFileSync(begin, '');
      return { at, tasks: [], steps: [step], last };
    },
  },
  {
    name: 'time limit, pack too long',
    files: { 'grid.yaml': ownGrid, 'own.ts': ownMethod('await new Promise((go) => setTimeout(go, 30_000));') },
    profile: `${profile.replace(/pack.*/, 'pack: { least: 10m, most: 10m }')}time: 1m\n`,
    async strike(scene, cluster) {
      const last = scene.watch();
      const task = taskIn(await said(last, /job (\d+)_(\d+) on n\d ended \((max-time|timeout)\)/));
      return { at: endOf(cluster, task), tasks: [task], last };
    },
  },
  {
    name: 'time limit, step too long for `time`; then a longer one',
    files: {
      'grid.yaml': ownGrid.replace(', { use: ./own.ts, params: { n: 2 } }', ''),
      'own.ts': ownMethod('await new Promise((go) => setTimeout(go, 70_000));'),
    },
    profile: `${profile}time: 1m\n`,
    async strike(scene, cluster) {
      const first = scene.watch();
      const { code, stderr } = await first.ending;
      expect(code, stderr).toBe(1);
      expect(stderr).toMatch(/time limit of 1 minute.*raise `time` of the profile/);
      const at = Date.now();
      scene.writeProfile(`${profile}time: 10m\n`);
      return { at, tasks: allTasks(cluster), last: scene.watch() };
    },
  },
  {
    name: 'out of memory once',
    profile: profile.replace('memory: 2GiB', 'memory: 160MiB'),
    async strike(scene, cluster) {
      const last = scene.watch();
      const task = taskIn(await said(last, /job (\d+)_(\d+) has run out of memory \(160 MiB\): once more/));
      return { at: endOf(cluster, task), tasks: [task], last };
    },
  },
  {
    name: 'out of memory twice; then more of it',
    profile: profile.replace('memory: 2GiB', 'memory: 60MiB'),
    async strike(scene, cluster) {
      const first = scene.watch();
      const { code, stderr } = await first.ending;
      expect(code, stderr).toBe(1);
      expect(stderr).toMatch(/ran out of memory twice, the last time with 120 MiB.*raise `memory` of the profile/);
      const at = Date.now();
      scene.writeProfile(profile);
      return { at, tasks: allTasks(cluster), last: scene.watch() };
    },
  },
  {
    name: 'out of memory in user code',
    files: {
      'grid.yaml': ownGrid,
      'own.ts': ownMethod('for (let i = 0; i < 60; i++) held.push(Buffer.alloc(10 << 20, 1));'),
    },
    profile: profile.replace('memory: 2GiB', 'memory: 640MiB'),
    async strike(scene, cluster) {
      const last = scene.watch();
      const task = taskIn(await said(last, /job (\d+)_(\d+) has run out of memory \(640 MiB\): once more/));
      return { at: endOf(cluster, task), tasks: [task], last };
    },
  },
  {
    name: 'power cut of a node',
    strike: (scene, cluster) => awayFor(30_000, 'kill', 'up', scene, cluster),
  },
  {
    name: 'node frozen for 150 s, found down after 20 s',
    strike: (scene, cluster) => awayFor(150_000, 'freeze', 'thaw', scene, cluster),
  },
  {
    name: 'node frozen for 150 s, not found out',
    async strike(scene, cluster) {
      setTimeoutOfNodes(cluster, 300);
      const struck = await awayFor(150_000, 'freeze', 'thaw', scene, cluster);
      await struck.last.ending;
      setTimeoutOfNodes(cluster, 20);
      return struck;
    },
  },
  {
    name: 'slurmctld killed, back after 20 s',
    async strike(scene, cluster) {
      const last = await underWay(scene);
      const at = Date.now();
      cluster.node('kill', 'ctl');
      await delay(20_000);
      cluster.node('up', 'ctl');
      return { at, tasks: [], last };
    },
  },
  {
    name: 'slurmctld restarted, back after 10 s',
    async strike(scene, cluster) {
      const last = await underWay(scene);
      const at = Date.now();
      cluster.node('stop', 'ctl');
      await delay(10_000);
      cluster.node('up', 'ctl');
      return { at, tasks: [], last };
    },
  },
  {
    name: 'watching command killed and started again',
    async strike(scene) {
      const first = await underWay(scene);
      const at = Date.now();
      first.process.kill('SIGKILL');
      await first.ending;
      return { at, tasks: [], last: scene.watch() };
    },
  },
  {
    name: 'grid submitted twice at once',
    async strike(scene) {
      const at = Date.now();
      const [one, last] = [scene.watch(), scene.watch()];
      const { code, stderr } = await one.ending;
      expect(code, stderr).toBe(0);
      return { at, tasks: [], last };
    },
  },
  {
    name: 'shared disk full; then room',
    onDisk: true,
    async strike(scene, cluster) {
      const command = await underWay(scene);
      const tasks = running(cluster);
      const { bavail, bsize } = statfsSync(disk.folder);
      execFileSync('dd', ['if=/dev/zero', `of=${disk.ballast}`, `bs=${bsize}`, `count=${bavail}`], { stdio: 'ignore' });
      const { code, stderr } = await command.ending;
      expect(code, stderr).toBe(6);
      rmSync(disk.ballast);
      return { at: Date.now(), tasks, last: scene.watch() };
    },
  },
  {
    name: 'clocks an hour ahead and an hour behind',
    ...(existsSync(faketime) ? {} : { needs: 'libfaketime: apt-get install faketime' }),
    profile: `${profile}setup:
  - 'export SLURM_JOB_START_TIME=$(date +%s) SLURM_JOB_END_TIME=$(($(date +%s) + 900))'
  - 'export NO_FAKE_STAT=1 FAKETIME_DONT_FAKE_MONOTONIC=1 LD_PRELOAD=${faketime}'
  - '[ "$(hostname)" = n1 ] && export FAKETIME=+1h || export FAKETIME=-1h'
`,
    async strike(scene) {
      return { at: Date.now(), tasks: [], last: await underWay(scene) };
    },
  },
];

/** Every task that Slurm knows of. */
function allTasks(cluster: Cluster): TaskName[] {
  const lines = cluster.slurm('squeue', '--noheader', '--array', '--states=all', '--format=%F %K').split('\n');
  return lines.map((line) => line.split(' ')).map(([job = '', index]) => ({ job, index: Number(index) }));
}

describe.skipIf(!isAsked || reason !== undefined)('faults on Slurm', { timeout: 900_000 }, () => {
  let cluster: Cluster;
  const locals = new Map<string, Scene>();
  const rows: string[][] = [];

  beforeAll(() => {
    disk.folder = join(temporaryFolder(), 'disk');
    disk.ballast = join(disk.folder, 'ballast');
    mkdirSync(disk.folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk.folder]);
    cluster = startCluster({
      nodes: 2,
      cpus: 1,
      port: 17_500,
      folder: join(temporaryFolder(), 'slurm'),
      env: { SLURM_KIT_PROCTRACK: 'cgroup', SLURM_KIT_TASK: 'task/cgroup', SLURM_KIT_RAM: 'yes' },
    });
  });
  afterAll(() => {
    const version = cluster?.slurm('sinfo', '--version').trim();
    cluster?.stop();
    if (disk.folder !== '') execFileSync('umount', [disk.folder]);
    if (rows.length === 0) return;
    const { model } = cpus()[0] ?? {};
    console.log(`${new Date().toISOString().slice(0, 10)}, ${version}, ${cpus().length} processors ${model}`);
    for (const row of [['fault', 'steps lost', 's until work went on', 'same board'], ...rows])
      console.log(`| ${row.join(' | ')} |`);
  });

  /** The run of a grid by one local process. */
  async function localRun(files: Readonly<Record<string, string>>): Promise<Scene> {
    const key = JSON.stringify(files);
    const known = locals.get(key);
    if (known !== undefined) return known;
    const local = openScene(cluster, files, { name, profile });
    const { code, stderr } = await bench(local.flags, { cwd: local.folder });
    expect(code, stderr).toBe(0);
    locals.set(key, local);
    return local;
  }

  test.each(faults)('$name', async (fault) => {
    const { files = { 'grid.yaml': grid }, needs, isTimed = false, onDisk = false } = fault;
    if (needs !== undefined) return void rows.push([fault.name, '', '', `not tried: needs ${needs}`]);
    const local = await localRun(files);
    await untilUp(cluster);
    const under = onDisk ? { under: disk.folder } : {};
    const scene = openScene(cluster, files, { name, profile: fault.profile ?? profile, ...under });
    if (isTimed) await scene.predictSeconds(local);
    const row = [fault.name, '', '', 'no'];
    rows.push(row);
    const { last, ...strike } = await fault.strike(scene, cluster);
    await scene.expectBoard(last, local.board());
    const { lost, seconds } = costOf(strike, scene.submissions());
    row.splice(1, 3, String(lost), seconds.toFixed(1), 'yes');
    console.log(row.join(' | '));
  });
});
