import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitArrays } from '../src/slurm/array-limit.js';
import { parseQueue } from '../src/slurm/job-states.js';
import { writePacks } from '../src/slurm/pack-file.js';
import { packSteps } from '../src/slurm/pack-steps.js';
import { defaultProfile } from '../src/slurm/profile.js';
import { beginRun, keepSubmission, newSubmission, submissionsOf } from '../src/slurm/run-folder.js';
import { openSlurmParts } from '../src/slurm/slurm-parts.js';
import { runOnCluster } from './cluster-run.js';
import { measured } from './measured.js';
import { planOfMany } from './plan-of-many.js';

/**
 * What truths of a million retrainings in all ask of the login node, of Slurm and of the shared disk, as Markdown. Packing, splitting
 * and everything that the watching command keeps are really done; only the nodes are simulated, from measured costs.
 *
 * node dist/simulations/million-retrainings.js [retrainings] [truths] [retrainings of a step] [seconds of one]
 *   [nodes] [processors of a task] [files that a step stores]
 */
const [retrainings = 1e6, truths = 100, perStep = 16, secondsEach = 20, nodes = 1000, cpus = 4, filesPerStep = 1] =
  process.argv.slice(2).map(Number);
const profile = { ...defaultProfile, cpus, tasks: nodes };
/** Slurm's own default. */
const mostInArray = 1001;

const folder = mkdtempSync(join(tmpdir(), 'bench-million-'));
try {
  await simulate();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function simulate(): Promise<void> {
  row('what', 'how much');
  row('---', '---:');
  row(
    'run',
    `${truths} truths, ${count(retrainings)} retrainings of ${secondsEach} s in all, ${perStep} a step in ${filesPerStep} file${filesPerStep === 1 ? '' : 's'}, ` +
      `${count(nodes)} tasks at a time, each of ${cpus} processors`,
  );

  const plan = planOfMany(truths, retrainings, perStep, folder);
  row('steps', `${count(plan.steps.length)}, plan in memory: ${mib(process.memoryUsage().heapUsed)}`);
  const parts = await timed('identity of the run, and what is kept of its steps', () =>
    openSlurmParts(plan, {
      profile,
      argv: [],
      cwd: folder,
      pinCpu: false,
      predict: () => Promise.resolve(new Map()),
      note() {},
      onTakenBack() {},
    }),
  );
  const { steps, tasks, answers, run } = parts;
  const toSubmit = await timed('choosing what can be submitted', () => steps.toSubmit());
  const arrays = await timed('packing', () =>
    packSteps(
      toSubmit.map(({ id, needs, kind }) => ({
        id,
        needs,
        seconds: kind === 'retrain' ? secondsEach * perStep : 1,
        memoryBytes: 2 ** 31,
      })),
      {
        workers: cpus,
        tasks: nodes,
        leastSeconds: profile.pack.least / 1000,
        mostSeconds: profile.pack.most / 1000,
      },
    ),
  );
  const split = await timed('splitting into arrays', () => splitArrays(arrays, mostInArray, nodes));
  const taskCount = split.reduce((sum, { packs }) => sum + packs.length, 0);
  const waves = new Set(split.map(({ wave }) => wave)).size;
  row('submitted', `${waves} waves, ${split.length} arrays, ${count(taskCount)} tasks`);

  await beginRun(run);
  let packBytes = 0;
  let mostPackBytes = 0;
  await timed('writing packs and submissions', async () => {
    for (const { packs, memoryBytes } of split) {
      const ids = packs.map((pack) => pack.steps);
      const submission = { ...(await newSubmission(run)), packs: ids, minutes: 90, memoryBytes };
      await mkdir(join(submission.folder, 'packs'), { recursive: true });
      const seconds = packs.map((pack) => pack.seconds);
      await writePacks(plan, submission, seconds, { cpus, minutes: 90, pinCpu: false });
      await keepSubmission(submission);
      tasks.add(submission);
      for (const index of ids.keys()) {
        const { size } = await stat(join(submission.folder, 'packs', `${index}.bin`));
        packBytes += size;
        mostPackBytes = Math.max(mostPackBytes, size);
      }
    }
  });
  row('packs', `${mib(packBytes)} in all, the largest ${mib(mostPackBytes)}`);
  await timed('reading all submissions again (a command that is started again)', () => submissionsOf(run));
  const lines = [...tasks.all()].map(({ submission, index }) => `${submission.name}|${index}|1|RUNNING|n${index}|None`);
  await timed(`an answer of squeue with ${count(lines.length)} tasks`, () => parseQueue(lines.join('\n')));
  await timed('hearing of the end of every step', () => {
    for (const { id } of plan.steps) {
      steps.end(id, 'done');
      answers.end(id, { status: 'done', report: { seconds: 1 }, pace: { seconds: 1 } });
    }
  });
  row('largest memory of this process', mib(process.resourceUsage().maxRSS * 1024));

  const cluster = {
    slots: nodes,
    cpus,
    startsPerSecond: 100,
    slowest: 0.2,
    pollSeconds: profile.poll / 1000,
    filesPerStep,
  };
  for (const steals of [false, true]) {
    const simulated = runOnCluster(split, cluster, measured, { steals });
    const how = steals ? 'tasks that take steps of others at their end' : 'tasks that do their own packs only';
    row(
      `simulated run, ${how}`,
      `${(simulated.seconds / 3600).toFixed(2)} h, ${(100 * simulated.efficiency).toFixed(0)} % of the processors' time in steps`,
    );
    for (const [name, load] of Object.entries({ results: simulated.results, clone: simulated.clone }))
      row(`file operations a second, ${name}`, `${count(load.mean)} on average, ${count(load.peak)} in the worst 10 s`);
  }
  row(
    'squeue at each look',
    `${count(taskCount)} lines at most, ${mib(taskCount * measured.squeueBytes)}, ` +
      `${(taskCount * measured.squeueSeconds).toFixed(2)} s`,
  );
  row('sbatch', `${split.length} calls, ${(split.length * measured.sbatchSeconds).toFixed(1)} s`);
}

async function timed<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  const start = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(start);
  row(what, `${((user + system) / 1e6).toFixed(1)} processor s, heap ${mib(process.memoryUsage().heapUsed)}`);
  return result;
}

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
