import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byAnalogy } from '../src/estimate/by-analogy.js';
import { makespan } from '../src/estimate/makespan.js';
import { type TrialOrder, trialOrder } from '../src/estimate/trial-order.js';
import { startTrialThreads } from '../src/estimate/trial-threads.js';
import { type Trial, trialsFor } from '../src/estimate/trials.js';
import { estimate, type Plan, type PlannedStep } from '../src/index.js';
import { extendHistory } from '../src/journal/cost-history.js';
import { likeness } from '../src/journal/likeness.js';
import { predictSteps } from '../src/slurm/predict-steps.js';
import { type RetrainJob, retrainStep } from '../src/steps/kinds/retrain.js';
import { scoreStep } from '../src/steps/kinds/score.js';
import { temporaryFolder } from './support/folder.js';
import { finishedCopy, grid, header, plan, small } from './support/run.js';

const probes = (results: string): string => {
  const [file] = readdirSync(join(results, 'probes'));
  return readFileSync(join(results, 'probes', file), 'utf8');
};

describe('an estimate', () => {
  it('rests on trials the first time, on what they found the second, and computes no result', async () => {
    const results = temporaryFolder();
    const planned = await plan(await grid(small), results);
    const told: string[] = [];
    const first = await estimate(planned, { jobs: 1, onProgress: (done, total) => told.push(`${done}/${total}`) });
    expect(first.seconds).toBeGreaterThan(0);
    expect(first.peakRssBytes).toBeGreaterThan(50e6);
    expect(first.bySteps.size).toBe(planned.steps.filter(({ needed }) => needed).length);
    expect(first.byKind).toMatchObject({ retrain: { steps: 4 }, train: { steps: 1 }, fit: { steps: 3 } });
    expect([...first.bySteps.values()].every((seconds) => Number.isFinite(seconds) && seconds > 0)).toBe(true);
    expect(told.at(-1)).toBe(`${told.length}/${told.length}`);
    expect(readdirSync(join(results, 'store')).sort()).toEqual(['dataset', 'task']);
    const found = probes(results);
    for (const step of timed(planned)) expect(Object.keys(JSON.parse(found).content)).toContain(likeness(step));
    expect(await estimate(planned, { jobs: 1 })).toEqual(first);
    expect(probes(results)).toBe(found);
  });

  it('says what it had no time to try, and tries it the next time', async () => {
    const planned = await plan(await grid(small), temporaryFolder());
    const { guessed, unknown, seconds } = await estimate(planned, { jobs: 1, budgetSeconds: 0 });
    expect([guessed, unknown]).toEqual([0, timed(planned).length]);
    expect(seconds).toBeGreaterThan(0);
    expect(await estimate(planned, { jobs: 1 })).toMatchObject({ guessed: 0, unknown: 0 });
  });

  it('counts what was not tried with the nearest of its kind that was', async () => {
    const planned = await plan(await grid(small), temporaryFolder());
    const [known, ...others] = timed(planned).filter(({ kind }) => kind === 'fit');
    const measured = { seconds: 7, peakRssBytes: 3 };
    const like = byAnalogy(planned.steps, new Map([[likeness(known), measured]]), () => 1);
    expect(others.map(like)).toEqual(others.map(() => measured));
    expect(like({ ...known, kind: 'score' })).toBeUndefined();
  });

  it('counts a training that was not tried with another on its task, by how many points they see', async () => {
    const planned = await plan(await grid(small), temporaryFolder());
    const [{ info }] = planned.tasks;
    const [train] = timed(planned).filter(({ kind }) => kind === 'train');
    const [retrain] = timed(planned).filter(({ kind }) => kind === 'retrain');
    const { rule, subsets } = retrainStep.jobOf(retrain) as RetrainJob;
    const measured = { seconds: 7, peakRssBytes: 3 };
    const like = byAnalogy(planned.steps, new Map([[likeness(train), measured]]), () => info.train);
    expect(like(retrain)).toEqual({ ...measured, seconds: 7 * subsets.length * rule.fraction });
  });

  it('rests on what other results of the user know, and tells them what these know', async () => {
    const [one, other, rememberedIn] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    const options = { jobs: 1, budgetSeconds: 0, rememberedIn };
    const planned = await plan(await grid(small), one);
    const known = new Map(timed(planned).map((step) => [likeness(step), { seconds: 5, peakRssBytes: 2e9 }]));
    await extendHistory(one, known);
    const first = await estimate(planned, options);
    expect(first).toMatchObject({ guessed: 0, unknown: 0 });
    const again = await plan(await grid(small), other);
    expect(await estimate(again, options)).toEqual(first);
    expect(readdirSync(other)).not.toContain('probes');
    const [file] = readdirSync(join(rememberedIn, 'probes'));
    writeFileSync(join(rememberedIn, 'probes', file), probes(rememberedIn).replace('5', '6'));
    expect(await estimate(again, options)).toMatchObject({ guessed: 0, unknown: timed(again).length });
  });

  it('predicts no less memory for what was not tried than anything took that is known of its task', async () => {
    const results = temporaryFolder();
    const planned = await plan(await grid(small), results);
    const [known, ...others] = timed(planned);
    await extendHistory(results, new Map([[likeness(known), { seconds: 1, peakRssBytes: 7e9 }]]));
    const { peaks, peakRssBytes } = await estimate(planned, { jobs: 1, budgetSeconds: 0 });
    expect(others.map((step) => peaks.get(likeness(step)))).toEqual(others.map(() => 7e9));
    expect(peakRssBytes).toBe(7e9);
    const predicted = await predictSteps(planned, { cpus: 2 }, { jobs: 1, budgetSeconds: 0 });
    for (const { id } of others) expect(predicted.get(id)?.memoryBytes).toBe(32 * 2 ** 30);
    const truth = planned.steps.find(({ kind }) => kind === 'truth');
    expect(predicted.get(truth?.id ?? '')?.memoryBytes).toBe(2 * 2 ** 30);
  });

  it('takes tasks that differ in seed and wrong labels for the same work', async () => {
    const work = (text: string) =>
      grid(text)
        .then((loaded) => plan(loaded, temporaryFolder()))
        .then(({ steps }) => [...new Set(steps.filter(({ kind }) => kind !== 'metric').map(likeness))].sort());
    const noisy = small.replace(/data: \{ /, 'data: { flipLabels: 0.2, ').replace(/^seed: .*$/m, 'seed: 99');
    expect(noisy).toContain('flipLabels');
    expect(await work(noisy)).toEqual(await work(small));
    expect(await work(small.replace(/epochs: \d+/, 'epochs: 3'))).not.toEqual(await work(small));
  });

  it('of a grid that is partly done tries what is new only', async () => {
    const results = await finishedCopy();
    const before = JSON.parse(probes(results)).content;
    const more = await plan(await grid(small.replace('random,', 'random, pixel-similarity,')), results);
    const left = await estimate(more, { jobs: 1 });
    expect(left.byKind).toMatchObject({ fit: { steps: 1 }, score: { steps: 1 }, metric: { steps: 1 } });
    expect(Object.keys(left.byKind)).toHaveLength(3);
    const after = JSON.parse(probes(results)).content;
    expect(Object.keys(after)).toHaveLength(Object.keys(before).length + 2);
    expect(after).toMatchObject(before);
  });

  it('counts what metrics train, shared between cells or not', async () => {
    const text = header
      .replace('metrics: [lds]', 'metrics: [{ use: loo, params: { points: 4 } }]')
      .concat('methods: [random, grad-dot]\n');
    const { byKind } = await estimate(await plan(await grid(text), temporaryFolder()), { jobs: 1 });
    expect(byKind.metric).toMatchObject({ steps: 2 });
    expect(byKind.metric.seconds).toBeGreaterThan(0);
  });

  it('finds stand-ins for everything that steps of a generator read', async () => {
    const text = `schema: bench/grid@1
name: trial
seed: 7
tasks:
  - id: g
    data: { use: digits, train: 24 }
    model: { use: ddpm-mlp, hidden: [8], epochs: 2 }
    target: { use: neg-denoising-loss, timesteps: 2, draws: 1 }
    queries: { heldout: 4, generated: 4 }
truth: { subsets: 4, retrainSeeds: 2 }
metrics: [lds, { use: counterfactual, params: { images: 2, draws: 1 } }]
methods: [random, { use: d-trak, params: { projDim: 8, timesteps: 2 } }]
`;
    const planned = await plan(await grid(text), temporaryFolder());
    const failures: string[] = [];
    const onFailure = (label: string, reason: string) => void failures.push(`${label}: ${reason}`);
    const { byKind } = await estimate(planned, { jobs: 1, onFailure });
    expect(failures).toEqual([]);
    expect(Object.keys(byKind).sort()).toEqual([
      'diagnose',
      'fit',
      'generate',
      'metric',
      'queries',
      'retrain',
      'score',
      'train',
      'truth',
    ]);
  });

  it('rests on earlier runs, which leave nothing to do', async () => {
    const results = await finishedCopy();
    const done = await estimate(await plan(await grid(small), results), { jobs: 2 });
    const nothing = { seconds: 0, peakRssBytes: 0, byKind: {}, bySteps: new Map(), peaks: new Map() };
    expect(done).toEqual({ ...nothing, guessed: 0, unknown: 0 });
    const before = probes(results);
    const more = await plan(await grid(`${small}seeds: [0, 1]\n`), results);
    const left = await estimate(more, { jobs: 2 });
    expect(probes(results)).toBe(before);
    expect(left.byKind).toMatchObject({ fit: { steps: 3 }, train: { steps: 1 } });
  });

  it('is no longer with more workers than with fewer, whatever this machine has', async () => {
    const planned = await plan(await grid(`${small}seeds: [0, 1, 2]\n`), await finishedCopy());
    const one = await estimate(planned, { jobs: 1 });
    const many = await estimate(planned, { jobs: 64 });
    expect(many.seconds).toBeLessThan(one.seconds);
    expect(many.peakRssBytes).toBeGreaterThan(one.peakRssBytes);
  });
});

describe('trials', () => {
  const methods = `methods:
  - { use: trak, params: { projDim: 8 }, grid: { checkpoints: [2, 6], ridge: [0.1, 1] } }
  - { use: tracin, params: { checkpoints: 4 } }
`;

  it('stand for settings that differ in real numbers or in how many models they use', async () => {
    const planned = await plan(await grid(header + methods), temporaryFolder());
    const trials = await trialsFor(planned, timed(planned));
    const [trak, tracin, ...rest] = trials.flatMap((trial) => (trial.of === 'method' ? [trial] : []));
    expect(rest).toEqual([]);
    const [fit, queries] = trak.stages;
    expect([fit, queries].map(({ times }) => [...times.values()].sort())).toEqual([
      [2, 6],
      [2, 6],
    ]);
    expect([...trak.score.times.values()].sort()).toEqual([2, 2, 6, 6]);
    expect([fit.steps, queries.steps, trak.score.steps]).toEqual([2, 2, 4]);
    expect(paramsOf(trak)).toMatchObject({ checkpoints: 1, projDim: 8 });
    expect([...tracin.score.times.values()]).toEqual([4]);
  });

  it('train the model that methods are tried on where its training is not tried anyway', async () => {
    const planned = await plan(await grid(header + methods), temporaryFolder());
    const trials = await trialsFor(
      planned,
      planned.steps.filter(({ method }) => method === 'tracin'),
    );
    const trained = trials.flatMap((trial) => (trial.of === 'task' ? [trial] : []));
    expect(trained.map((trial) => trial.tried.job)).toMatchObject([
      { kind: 'train', run: 0, kept: [{ snapshots: 1 }, { snapshots: 4 }] },
    ]);
    expect(trained.map((trial) => trial.tried.times.size)).toEqual([0]);
  });
});

describe('the order of trials', () => {
  const ordered = async (): Promise<TrialOrder> => {
    const planned = await plan(await grid(small), temporaryFolder());
    return trialOrder(await trialsFor(planned, timed(planned)));
  };
  const kindOf = (trial: Trial | undefined) => (trial?.of === 'method' ? 'method' : trial?.tried.job.kind);
  /** Kinds of the trials that are left, done one by one. */
  const rest = async (order: TrialOrder): Promise<(string | undefined)[]> => {
    const kinds: (string | undefined)[] = [];
    for (let trial = await order.next(); trial !== undefined; trial = await order.next()) {
      order.ended(trial, false);
      kinds.push(kindOf(trial));
    }
    return kinds;
  };

  it('takes trainings first, and nothing of their task beside them', async () => {
    const order = await ordered();
    const first = await order.next();
    expect(kindOf(first)).toBe('retrain');
    let second: Trial | undefined;
    const waits = order.next().then((trial) => {
      second = trial;
    });
    await setImmediate();
    expect(second).toBeUndefined();
    order.ended(first as Trial, false);
    await waits;
    expect(kindOf(second)).toBe('train');
    order.ended(second as Trial, false);
    const kinds = await rest(order);
    expect(kinds).toContain('method');
    expect(kinds).not.toContain('train');
  });

  it('takes other trainings of a task last where the first was too long to be tried whole', async () => {
    const order = await ordered();
    order.ended((await order.next()) as Trial, true);
    const kinds = await rest(order);
    expect(kinds.indexOf('train')).toBe(kinds.length - 1);
  });
});

describe('threads for trials', () => {
  it('start where nothing is known of what steps take, and do trials', async () => {
    const results = temporaryFolder();
    const threads = await startTrialThreads(1, [results, temporaryFolder()]);
    const planned = await plan(await grid(small), results);
    expect(await estimate(planned, { jobs: 1, threads })).toMatchObject({ guessed: 0, unknown: 0 });
    expect(threads.take()).toBeUndefined();
    await threads.close();
    const again = await startTrialThreads(1, [results]);
    expect(again.take()).toBeUndefined();
  });

  it('end when nobody takes them', async () => {
    const threads = await startTrialThreads(1, [temporaryFolder()]);
    await threads.close();
    expect(threads.take()).toBeUndefined();
  });
});

describe('the makespan', () => {
  const step = (id: string, needs: string[] = [], kind: PlannedStep['kind'] = 'fit'): PlannedStep =>
    ({ id, kind, needs }) as unknown as PlannedStep;
  const unit = () => 1;

  it('is that of the critical path, or of what workers share', () => {
    expect(makespan([step('a'), step('b', ['a']), step('c', ['b'])], unit, 8)).toBe(3);
    expect(makespan([step('a'), step('b'), step('c'), step('d')], unit, 2)).toBe(2);
    expect(makespan([step('a'), step('b'), step('c')], unit, 2)).toBe(2);
    expect(makespan([step('a', ['stored before'])], unit, 1)).toBe(1);
    expect(makespan([], unit, 1)).toBe(0);
  });

  it('takes the truth before the cells, as a run does', () => {
    const steps = [step('fit'), step('retrain', [], 'retrain'), step('truth', ['retrain'], 'truth')];
    expect(makespan([...steps, step('last', ['truth'])], unit, 1)).toBe(4);
    expect(makespan([...steps, step('last', ['truth'])], ({ id }) => (id === 'last' ? 9 : 1), 2)).toBe(11);
  });

  it('lies between the bounds that hold for any order', () => {
    const graph = fc.array(
      fc.record({ seconds: fc.integer({ min: 0, max: 9 }), needs: fc.array(fc.nat(), { maxLength: 2 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(graph, fc.integer({ min: 1, max: 4 }), (nodes, workers) => {
        const steps = nodes.map(({ needs }, i) =>
          step(String(i), i === 0 ? [] : needs.map((need) => String(need % i))),
        );
        const secondsOf = ({ id }: PlannedStep) => nodes[Number(id)].seconds;
        const total = nodes.reduce((sum, { seconds }) => sum + seconds, 0);
        const span = makespan(steps, secondsOf, workers);
        expect(span).toBeGreaterThanOrEqual(Math.max(total / workers, ...nodes.map(({ seconds }) => seconds)));
        expect(span).toBeLessThanOrEqual(total);
      }),
    );
  });
});

/** Steps that are to be done and worth a trial. */
function timed({ steps }: Plan): PlannedStep[] {
  return steps.filter(({ needed, kind }) => needed && !['dataset', 'task', 'truth'].includes(kind));
}

function paramsOf(trial: Extract<Trial, { of: 'method' }>): unknown {
  return scoreStep.jobOf(trial.score)?.method.params;
}
