import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBackend } from '@attribution-bench/store';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { bucket, installedServers, startS3, whyNoServer } from '../../packages/store/test/s3/server.js';
import { bench, start, temporaryFolder } from '../e2e/command.js';
import { boardBytes } from '../e2e/small-grid.js';
import { holdSteps } from '../e2e/steps.js';
import { type Cluster, startCluster, whyNoCluster } from './cluster.js';
import { openScene, type Scene, said } from './watching.js';

/** Models of processors that the nodes name. */
const processors = ['EPYC 7543', 'Xeon 6430'];
const reason = whyNoCluster();
if (reason !== undefined) console.log(`runs on Slurm are not tested here: ${reason}`);
else if (whyNoServer !== undefined)
  console.log(`runs on Slurm with results in a bucket are not tested here: ${whyNoServer}`);

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
const profile = `cpus: 2
tasks: 2
pack: { least: 1s, most: 30m }
setup: ['export NODE_OPTIONS="$NODE_OPTIONS"']
`;

describe.skipIf(reason !== undefined)('a grid on Slurm', { timeout: 300_000 }, () => {
  let cluster: Cluster;
  let board: string;
  let local: Scene;
  let retrainings: string[];
  const name = 'cluster';

  const emptyScene = (): Scene => openScene(cluster, { 'grid.yaml': grid }, { name, profile });

  /** A scene with packs and stealing as on a machine where each step takes a second. */
  async function openTimedScene(): Promise<Scene> {
    const scene = emptyScene();
    await scene.predictSeconds(local);
    return scene;
  }

  beforeAll(async () => {
    cluster = startCluster({
      nodes: 2,
      port: 17_300,
      folder: join(temporaryFolder(), 'slurm'),
      env: { SLURM_KIT_PROCESSORS: processors.join('|') },
    });
    local = emptyScene();
    const { code, stdout, stderr } = await bench(local.flags, { cwd: local.folder });
    expect(code, stderr).toBe(0);
    board = local.board();
    retrainings = [...stdout.matchAll(/"step-finished","step":"(retrain:\w+)"/g)].map(([, step = '']) => step);
  });
  afterAll(() => cluster?.stop());

  test('ends with the board of a local run though its tasks are cancelled under way', async () => {
    const { watch, hold, submissions, expectBoard } = await openTimedScene();
    const release = await hold(retrainings);
    const command = watch();
    const [, job = ''] = await said(command, /submitted job (\d+)[\s\S]*"step-finished","step":"train:/);
    await said(command, /warning: tasks run on several kinds of processors \((.*), (.*)\)/);
    cluster.slurm('scancel', job);
    await said(command, /job \d+_\d+ on n\d ended \((cancelled|stopped).*\) with \d+ steps? left.*see .*\.log/s);
    await release();
    await expectBoard(command, board);
    expect(submissions().length).toBeGreaterThan(1);
  });

  test('keeps to the processors of the first task with --pin-cpu', async () => {
    const { folder, watch, hold, expectBoard } = await openTimedScene();
    const release = await hold(retrainings);
    const command = watch('--pin-cpu');
    const [, node, other] = await said(command, /(n\d) is left out from now on: it has (\w+ \d+)/);
    await release();
    await expectBoard(command, board);
    expect(other).toBe(processors[Number(node?.slice(1)) - 1]);
    expect((await command.ending).stdout).not.toContain('several kinds');
    const used = processorsIn(join(folder, 'results/store'));
    expect([...used]).toEqual(processors.filter((each) => each !== other));
  });

  test('is submitted once when the command that watches it is killed and two others are started', async () => {
    const { watch, submissions, writeProfile, expectBoard } = await openTimedScene();
    const begin = join(temporaryFolder(), 'begin');
    const waits = `while [ "$SLURM_ARRAY_TASK_ID" = 1 ] && [ ! -e ${begin} ]; do sleep 0.1; done`;
    writeProfile(`cpus: 1\ntasks: 2\npack: { least: 1s, most: 30m }\nsetup: [${JSON.stringify(waits)}]\n`);
    const first = watch();
    await said(first, /"step-finished","step":"retrain:/);
    const [folder = ''] = submissions().filter((each) => packsOf(each).length === 2);
    const late = packsOf(folder)[1];
    const [, stolen = ''] = await said(first, new RegExp(`"step-finished","step":"(${late?.join('|')})","[^}]*"done"`));
    first.process.kill('SIGKILL');
    await first.ending;
    const before = submissions().length;
    const others = [watch(), watch()];
    // Until both have planned, and know which tasks have what they planned.
    for (const other of others) await said(other, /taken up: \d+ tasks?/);
    writeFileSync(begin, '');
    for (const other of others) await expectBoard(other, board);
    expect(submissions().length).toBe(before);
    const told = (task: number): string => readFileSync(join(folder, `events/${task}.ndjson`), 'utf8');
    expect([told(0), told(1)].map((events) => events.includes(`"step-started","step":"${stolen}"`))).toEqual([
      true,
      false,
    ]);
  });

  test('is taken back by bench cancel, and goes on with the same command', async () => {
    const { folder, watch, hold, expectBoard } = await openTimedScene();
    const release = await hold(retrainings);
    const command = watch();
    await said(command, /"step-finished","step":"train:/);
    const status = await bench(['status', '--results', 'results'], { cwd: folder, env: cluster.env });
    expect(status.stdout).toMatch(/cluster-\w+: \d+ tasks? running, \d+ waiting; jobs \d+/);
    const cancel = await bench(['cancel', name, '--results', 'results'], { cwd: folder, env: cluster.env });
    expect(cancel).toMatchObject({ code: 0, stdout: expect.stringMatching(/taken back/) });
    expect(await command.ending).toMatchObject({
      code: 4,
      stdout: expect.stringMatching(/taken back \(bench cancel\)/),
    });
    await release();
    await expectBoard(watch(), board);
  });

  test.skipIf(whyNoServer !== undefined)('keeps results in a bucket, though its tasks are cancelled', async () => {
    const server = await startS3(installedServers[0]);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await server.stop();
    });
    for (const [variable, value] of Object.entries(server.env)) vi.stubEnv(variable, value);
    const { folder, env } = await openTimedScene();
    const results = `s3://${bucket}/cluster`;
    const release = await holdSteps(results, retrainings);
    const flags = ['grid', 'grid.yaml', '--results', results, '--json'];
    const command = start([...flags, '--executor', 'slurm', '--profile', 'profile.yaml'], {
      cwd: folder,
      env,
    });
    const [, job = ''] = await said(command, /submitted job (\d+)[\s\S]*"step-finished","step":"train:/);
    cluster.slurm('scancel', job);
    await said(command, /job \d+_\d+ on n\d ended \((cancelled|stopped).*\) with \d+ steps? left/);
    await release();
    const { code, stderr } = await command.ending;
    expect(code, stderr).toBe(0);
    const local = join(folder, 'results/s3', bucket, 'cluster');
    expect(boardBytes({ folder, results: local, flags: [] }, name)).toBe(board);
    for await (const { name: object } of openBackend(results).list('')) expect(object).not.toMatch(/\.claim$/);
    const files = readdirSync(local, { recursive: true, encoding: 'utf8' }).map((file) => join(local, file));
    const withSecret = files.filter(
      (file) => statSync(file).isFile() && readFileSync(file).includes(server.env.AWS_SECRET_ACCESS_KEY ?? ''),
    );
    expect(withSecret).toEqual([]);
  });
});

/** Ids of the steps of each task. */
function packsOf(submission: string): string[][] {
  return JSON.parse(readFileSync(join(submission, 'submission.json'), 'utf8')).packs;
}

/** Processors on which stored results were made. */
function processorsIn(store: string): Set<string> {
  const files = readdirSync(store, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.cost.json'));
  return new Set(files.map((file) => JSON.parse(readFileSync(join(store, file), 'utf8')).content.processor));
}
