import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type RunningCommand, startProgram, temporaryFolder, workspace } from '../e2e/command.js';
import { type Cluster, startCluster, whyNoCluster } from './cluster.js';
import { eventsOf } from './fault-record.js';
import { openProcessorMeter, type ProcessorMeter } from './processor-meter.js';
import { openScene, type Scene } from './watching.js';

/**
 * What a grid costs on one, two and three nodes of one processor each, against one local process with one worker:
 * `BENCH_SLURM_FIGURES=<grid file> npx vitest run test/slurm/figures`.
 */
const file = process.env.BENCH_SLURM_FIGURES;
const reason = whyNoCluster();
const profile = 'cpus: 1\ntasks: NODES\nmemory: 4GiB\npack: { least: 10s, most: 30m }\n';
const header = [
  'nodes',
  'processor s',
  'of which command',
  'ratio',
  'wall s',
  's of steps',
  'efficiency',
  'idle s of tasks',
];

interface Figures {
  readonly board: string;
  readonly processor: number;
  readonly wall: number;
}

describe.skipIf(file === undefined || reason !== undefined)(
  'figures of a grid on Slurm',
  { timeout: 7_200_000 },
  () => {
    const rows: string[][] = [];
    const grid = file === undefined ? '' : readFileSync(file, 'utf8');
    const name = /^name: *(\S+)/m.exec(grid)?.[1] ?? '';
    let local: Figures;

    afterAll(() => {
      if (rows.length === 0) return;
      const { model } = cpus()[0] ?? {};
      console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} processors ${model}`);
      for (const row of [header, header.map(() => '---:'), ...rows]) console.log(`| ${row.join(' | ')} |`);
    });

    test('one local process', async () => {
      const scene = sceneOf({ env: { SLURM_CONF: '' }, folder: '' } as unknown as Cluster, 1);
      const meter = openProcessorMeter('local');
      const { wall } = await timed(measured(scene, meter, ['--jobs', '1']));
      local = { board: scene.board(), processor: meter.seconds, wall };
      meter.close();
      const steps = stepSeconds(eventsOfRun(scene));
      rows.push(['local', fixed(local.processor), '', '1.00', fixed(wall), fixed(steps), '1.00', fixed(wall - steps)]);
    });

    test.each([1, 2, 3])('%i nodes', async (nodes) => {
      const cluster = startCluster({ nodes, cpus: 1, port: 17_600, folder: join(temporaryFolder(), 'slurm') });
      try {
        const scene = sceneOf(cluster, nodes);
        const onNodes = openProcessorMeter(`nodes-${nodes}`);
        const command = openProcessorMeter(`command-${nodes}`);
        for (let n = 1; n <= nodes; n++) onNodes.add(cluster.processes(`n${n}`));
        const { wall } = await timed(
          measured(scene, command, ['--executor', 'slurm', '--profile', 'profile.yaml', '--jobs', '1'], cluster),
        );
        expect(scene.board()).toBe(local.board);
        const processor = onNodes.seconds + command.seconds;
        const events = scene.submissions().flatMap((each) => eventsOf(each));
        const steps = stepSeconds(events);
        const tasks = taskSeconds(cluster);
        rows.push([
          String(nodes),
          fixed(processor),
          fixed(command.seconds),
          fixed(processor / local.processor),
          fixed(wall),
          fixed(steps),
          fixed(local.wall / wall / nodes),
          fixed(tasks - steps),
        ]);
        cluster.stop();
        command.close();
        onNodes.close();
      } catch (error) {
        cluster.stop();
        throw error;
      }
    });

    function sceneOf(cluster: Cluster, nodes: number): Scene {
      return openScene(cluster, { 'grid.yaml': grid }, { name, profile: profile.replace('NODES', String(nodes)) });
    }
  },
);

function measured(
  { folder, flags }: Scene,
  { file: group }: ProcessorMeter,
  more: readonly string[],
  cluster?: Cluster,
): RunningCommand {
  const bench = [process.execPath, join(workspace, 'packages/bench/bin/bench.js'), ...flags, ...more];
  return startProgram('/bin/sh', ['-c', 'echo $$ > "$0" && exec "$@"', group, ...bench], {
    cwd: folder,
    env: { ...cluster?.env },
  });
}

async function timed(command: RunningCommand): Promise<{ readonly wall: number }> {
  const start = performance.now();
  const { code, stderr } = await command.ending;
  expect(code, stderr).toBe(0);
  return { wall: (performance.now() - start) / 1000 };
}

/** Events that a local run printed are in its folder of runs. */
function eventsOfRun({ folder }: Scene) {
  return eventsOf(join(folder, 'results/runs'));
}

function stepSeconds(events: readonly { readonly type: string; readonly seconds?: number }[]): number {
  return events.reduce((sum, { type, seconds = 0 }) => sum + (type === 'step-finished' ? seconds : 0), 0);
}

/** Seconds that tasks held their processor for, as Slurm says. */
function taskSeconds(cluster: Cluster): number {
  const lines = cluster.slurm('squeue', '--noheader', '--array', '--states=all', '--format=%S %e').trim().split('\n');
  return lines
    .map((line) => line.split(' ').map((time) => new Date(time).getTime()))
    .reduce((sum, [start = 0, end = 0]) => sum + (end - start) / 1000, 0);
}

function fixed(value: number): string {
  return value.toFixed(2);
}
