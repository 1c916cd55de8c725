import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunOutcome } from '../src/journal/events.js';
import type { PlannedStep } from '../src/model/step.js';
import { openAnswers } from '../src/slurm/answers.js';
import { parseArrayLimit } from '../src/slurm/array-limit.js';
import { batchScript, sbatchArguments } from '../src/slurm/batch-script.js';
import { followTask } from '../src/slurm/follow-task.js';
import { openFollowedTasks } from '../src/slurm/followed-tasks.js';
import { isHeldBySlurm, isLive, parseAccounting, parseQueue } from '../src/slurm/job-states.js';
import { openLosses } from '../src/slurm/losses.js';
import { packSteps, type StepToPack } from '../src/slurm/pack-steps.js';
import { defaultProfile, readProfile } from '../src/slurm/profile.js';
import { remedyFor } from '../src/slurm/remedies.js';
import { shellQuote } from '../src/slurm/shell-quote.js';
import { chooseSteps } from '../src/slurm/steal-steps.js';
import { openStepsLeft } from '../src/slurm/steps-left.js';
import { submitAgain } from '../src/slurm/submit-again.js';
import { minutesFor, noticeMs, signalSeconds } from '../src/slurm/time-limit.js';

const folder = mkdtempSync(join(tmpdir(), 'bench-slurm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the batch script', () => {
  const hostile = ["it's", '$(touch x)', '`id`', 'a\nb', '"', '\\', '#SBATCH --hold', '-n', '', '%j;&|<>*?[]{}~!'];

  it('quotes words so that a shell reads them as they are', () => {
    const word = fc.string().filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (random) => {
        const words = [...hostile, ...random];
        const script = `for each in ${words.map(shellQuote).join(' ')}; do printf '%s\\0' "$each"; done`;
        expect(execFileSync('/bin/bash', ['-c', script], { encoding: 'utf8' })).toBe(
          words.map((each) => `${each}\0`).join(''),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('becomes the program, in its folder, with its arguments as they are', () => {
    const argv = [
      process.execPath,
      '-e',
      'console.log(JSON.stringify([process.cwd(), process.ppid, ...process.argv.slice(1)]))',
      ...hostile,
    ];
    const script = batchScript({ ...defaultProfile, setup: ['export SEEN=yes'] }, folder, argv);
    expect(script.split('\n')[1]).toBe(`cd '${folder}' || exit`);
    expect(JSON.parse(execFileSync('/bin/bash', ['-c', script], { encoding: 'utf8' }))).toEqual([
      folder,
      process.pid,
      ...hostile,
    ]);
  });

  it('is submitted with one argument a setting, whatever is in it', () => {
    const profile = { ...defaultProfile, partition: '-x; rm', account: 'a b', flags: ['--reservation=lab'] };
    const request = {
      name: 'bench-a.1',
      tasks: 5,
      limit: 2,
      minutes: 20,
      signalSeconds: 120,
      memoryBytes: 2 ** 30,
      after: ['7', '8'],
      excludedNodes: ['n2'],
    };
    const args = sbatchArguments(profile, request, '/r/100 %j', '/r/script.sh');
    for (const arg of [
      '--array=0-4%2',
      '--partition=-x; rm',
      '--account=a b',
      '--output=/r/100 %%j/logs/%a.log',
      '--mem=1024M',
      '--dependency=afterany:7:8',
      '--signal=B:TERM@120',
      '--requeue',
    ])
      expect(args).toContain(arg);
    expect(args.slice(-2)).toEqual(['--reservation=lab', '/r/script.sh']);
    expect(() => sbatchArguments(profile, request, '/r/a\\b', '/r/script.sh')).toThrow(/backslash/);
  });
});

describe('a profile', () => {
  it('is refused with the places of all that is wrong', async () => {
    const file = join(folder, 'profile.yaml');
    writeFileSync(
      file,
      'schema: bench/slurm@1\ncpus: none\npartitoin: x\nflags: [--arr=1-9, -a, "--x=\\n"]\nmodules: ["a; rm -rf /"]\nsetup: ["a\\nb"]\n',
    );
    await expect(readProfile(file)).rejects.toMatchObject({
      lines: [
        expect.stringMatching(/:2:7 expected a number/),
        expect.stringMatching(/:3:1 unknown key "partitoin".*partition/),
        expect.stringMatching(/:4:9 is a flag that the bench sets itself/),
        expect.stringMatching(/:4:20 expected a flag/),
        expect.stringMatching(/:4:24 expected one line/),
        expect.stringMatching(/:5:11 expected the name of a module/),
        expect.stringMatching(/:6:9 expected one line/),
      ],
    });
  });

  it('of this repository says the defaults', async () => {
    expect(await readProfile(new URL('../../../configs/executors/slurm.yaml', import.meta.url).pathname)).toEqual(
      defaultProfile,
    );
  });
});

describe('packs', () => {
  const options = { workers: 2, tasks: 4, leastSeconds: 10, mostSeconds: 30 };
  const step = (id: string, seconds: number, ...needs: string[]): StepToPack => ({
    id,
    needs,
    seconds,
    memoryBytes: 1,
  });

  it('make one task of a small grid, and waves of a large one', () => {
    const chain = [step('a', 1), step('b', 1), step('c', 1, 'a', 'b'), step('d', 1, 'c')];
    expect(packSteps(chain, options)).toEqual([
      { wave: 0, memoryBytes: 1, packs: [expect.objectContaining({ steps: ['a', 'b', 'c', 'd'] })] },
    ]);
    const large = [
      ...Array.from({ length: 40 }, (_, i) => step(`r${i}`, 10)),
      step('truth', 1, ...Array.from({ length: 40 }, (_, i) => `r${i}`)),
    ];
    const waves = packSteps(large, options);
    expect(waves.map(({ wave, packs }) => [wave, packs.length])).toEqual([
      [0, 8],
      [1, 1],
    ]);
  });

  it('hold each step once, after what it needs, in packs that need only earlier waves', () => {
    const graph = fc
      .array(
        fc.record({
          seconds: fc.nat(60),
          memoryBytes: fc.constantFrom(1, 2),
          alone: fc.boolean(),
          back: fc.array(fc.nat(20), { maxLength: 3 }),
        }),
        { maxLength: 40 },
      )
      .map((drafts) =>
        drafts.map(({ back, ...rest }, i) => ({
          ...rest,
          id: `${i}`,
          needs: [...new Set(back.map((n) => i - 1 - n))].filter((n) => n >= 0).map(String),
        })),
      );
    fc.assert(
      fc.property(graph, (steps) => {
        const arrays = packSteps(steps, options);
        const place = new Map(
          arrays.flatMap(({ wave, memoryBytes, packs }) =>
            packs.flatMap((pack) => pack.steps.map((id, at) => [id, { wave, memoryBytes, pack, at }] as const)),
          ),
        );
        expect(arrays.flatMap(({ packs }) => packs.flatMap((pack) => pack.steps)).length).toBe(steps.length);
        for (const { id, needs, memoryBytes, alone } of steps) {
          const own = place.get(id);
          expect(own?.memoryBytes).toBeGreaterThanOrEqual(memoryBytes);
          if (alone && own?.pack.steps[0] !== id) throw new Error(`${id} is in the pack of another step`);
          for (const need of needs) {
            const other = place.get(need);
            const isBefore =
              own?.pack === other?.pack ? (other?.at ?? 0) < (own?.at ?? 0) : (other?.wave ?? 0) < (own?.wave ?? 0);
            expect(isBefore, `${need} before ${id}`).toBe(true);
          }
        }
      }),
    );
  });
});

describe('what a task takes of another pack', () => {
  it('is the end of what is left, found with few looks', async () => {
    const pack = fc.tuple(fc.nat(300), fc.nat(300), fc.nat(300), fc.integer({ min: 1, max: 80 }));
    await fc.assert(
      fc.asyncProperty(pack, async ([length, a, b, most]) => {
        const [from, to] = [Math.min(a, b, length), Math.min(Math.max(a, b), length)];
        const steps = Array.from({ length }, (_, step) => step);
        let looks = 0;
        const chosen = await chooseSteps(steps, most, async (step) => {
          looks++;
          return step < from || step >= to;
        });
        const stretch = Math.ceil(length / 8);
        const isLittle = to - from < stretch;
        if (!isLittle || chosen.length > 0)
          expect(chosen).toEqual(chosen.map((_, at) => to - 1 - at).filter((step) => step >= from));
        if (!isLittle && to > 0) expect(chosen.length).toBeGreaterThan(0);
        expect(chosen.length).toBeLessThanOrEqual(most);
        expect(looks).toBeLessThanOrEqual(8 + stretch + most);
      }),
    );
  });

  it("is that task's from when it begins, and goes back to the pack when the task dies", () => {
    const steps = openStepsLeft({
      steps: ['a', 'b'].map((id) => ({ id, needs: [], needed: true }) as Partial<PlannedStep> as PlannedStep),
    });
    const submission = { name: 'x', folder, packs: [['b'], ['a']], minutes: 1, memoryBytes: 1 };
    const thief = followTask(submission, 0, ['b']);
    const owner = followTask(submission, 1, ['a']);
    steps.hand(['b'], thief);
    steps.hand(['a'], owner);
    steps.end('b', 'done');
    steps.begin('a', thief);
    expect([[...thief.left], [...owner.left], steps.taskOf('a')]).toEqual([['a'], [], thief]);
    steps.takeBack('a', () => true);
    expect([[...owner.left], steps.taskOf('a')]).toEqual([['a'], owner]);
    steps.begin('a', thief);
    steps.takeBack('a', () => false);
    expect(steps.toSubmit().map(({ id }) => id)).toEqual(['a']);
  });
});

describe('a time limit', () => {
  it('leaves a task the time to stop by itself before the earliest signal that Slurm may send', () => {
    for (const minutes of [1, 3, 5, 15, 60, 1440]) {
      const limitMs = minutes * 60_000;
      const seconds = signalSeconds(limitMs) ?? 0;
      expect(noticeMs(limitMs) / 1000).toBeGreaterThanOrEqual(seconds === 0 ? 0 : seconds + 60);
    }
    expect([signalSeconds(60_000), signalSeconds(15 * 60_000)]).toEqual([undefined, 120]);
    expect(minutesFor(7200, 2, { time: 5 * 3_600_000 })).toBe(300);
  });
});

describe('what Slurm says', () => {
  const loss = {
    job: '1_0',
    node: 'n1',
    log: 'x',
    outcome: undefined,
    left: ['a', 'b'],
    began: ['a'],
    wasAt: [],
    done: 0,
    memoryBytes: 1,
    minutes: 1,
  };

  it('is read from squeue, sacct and scontrol', () => {
    const states = parseQueue(
      'bench-a.1|0|12|RUNNING|n1|None\nbench-a.1|3|12|PENDING||Reason | with bar\nbench-x|N/A|9|RUNNING|n2|None\nslurm_load_jobs error\n',
    );
    expect([...states]).toEqual([
      ['bench-a.1 0', { job: '12', state: 'RUNNING', node: 'n1', reason: 'None' }],
      ['bench-a.1 3', { job: '12', state: 'PENDING', node: '', reason: 'Reason | with bar' }],
    ]);
    const ended = parseAccounting(
      'bench-a.1|12_0|CANCELLED by 0|n1\nbench-a.1|12_[1-3%2]|PENDING|None assigned\nbench-a.1|12_4|NODE_FAIL|n2\n',
    );
    expect([...ended.values()].map(({ state, node }) => [state, node])).toEqual([
      ['CANCELLED', 'n1'],
      ['NODE_FAIL', 'n2'],
    ]);
    expect([...ended.values()].some(isLive)).toBe(false);
    const held = parseQueue('bench-a.1|2|3|PENDING||launch failed requeued held\nbench-a.1|3|3|PENDING||JobHeldUser\n');
    expect([...held.values()].map(isHeldBySlurm)).toEqual([true, false]);
    expect(parseArrayLimit('MaxArraySize            = 1001\n')).toBe(1001);
  });

  it.each([
    [
      'invalid partition specified: nowhere / Batch job submission failed: Invalid partition name specified',
      '`partition`',
    ],
    ['Batch job submission failed: Invalid account or account/partition combination specified', '`account`'],
    ['Memory specification can not be satisfied / Requested node configuration is not available', '`memory`'],
    ['CPU count per node can not be satisfied / Requested node configuration is not available', '`cpus`'],
    ['Batch job submission failed: Invalid feature specification', '`constraint`'],
    ["sbatch: unrecognized option '--reservatoin=lab'", '`flags`'],
    ['ClusterName needs to be specified / fatal: Unable to process configuration file', 'SLURM_CONF'],
  ])('leads to what is to be corrected: %s', (said, key) => {
    expect(remedyFor(said)).toContain(key);
  });

  it('decides what follows when a task ends early', () => {
    const losses = openLosses(() => undefined);
    expect(losses.enter({ ...loss, state: 'CANCELLED' })).toEqual([]);
    expect([losses.takeRound(), losses.of('a')]).toEqual([
      { progress: false, arrays: new Set(['1']) },
      { memory: 1, time: 1, alone: false },
    ]);
    expect(losses.enter({ ...loss, state: 'OUT_OF_MEMORY' })).toEqual([]);
    expect([losses.takeRound().progress, losses.of('b').memory]).toEqual([true, 2]);
    // Whose pack it is of had no more memory than the task that took a step of it.
    expect(losses.enter({ ...loss, state: 'OUT_OF_MEMORY' })).toEqual([]);
    expect(losses.enter({ ...loss, state: 'OUT_OF_MEMORY', memoryBytes: 2 }).map(({ id }) => id)).toEqual(['a']);
    losses.enter({ ...loss, state: 'NODE_FAIL', node: 'n2' });
    expect(losses.excludedNodes).toEqual(['n2']);
    losses.enter({ ...loss, state: 'TIMEOUT' });
    expect(losses.of('b').time).toBe(2);
    const limited = openLosses(() => undefined, 60);
    const late = { ...loss, state: 'FAILED', outcome: { incomplete: 'max-time' } as RunOutcome, minutes: 60 };
    expect([limited.enter(late), limited.of('b').time]).toEqual([[], 2]);
    expect(limited.enter(late)).toEqual([
      { id: 'a', error: expect.objectContaining({ message: expect.stringContaining('time limit of 60 minutes') }) },
    ]);
    const died = [1, 2, 3].map(() =>
      losses.enter({ ...loss, left: ['c', 'd'], began: ['c'], state: 'FAILED' }).map(({ id }) => id),
    );
    expect([died, losses.of('c').alone, losses.of('d').alone]).toEqual([[[], [], ['c']], true, false]);
  });

  it('gives up when nothing comes of a submission, not when the tasks of an array end one after the other', async () => {
    const losses = openLosses(() => undefined);
    const answers = openAnswers();
    const tasks = openFollowedTasks(openStepsLeft({ steps: [] }), () => undefined);
    let job = 1;
    const again = submitAgain({ tasks, answers, losses, say: () => undefined }, async () => [String(++job)]);
    const { result } = answers.give('a', () => undefined);
    const lose = async (array: number, index: number): Promise<void> => {
      losses.enter({ ...loss, job: `${array}_${index}`, state: 'PREEMPTED' });
      await again();
    };
    for (const index of [0, 1, 2, 3]) await lose(1, index);
    expect([...answers.awaited()]).toEqual(['a']);
    await lose(job, 0);
    expect([...answers.awaited()]).toEqual([]);
    expect(await result).toMatchObject({ status: 'failed', error: { code: 'SLURM_LOST' } });
  });
});
