import { hashJson } from '@attribution-bench/contract';
import { type Backend, openFileSystem, openStore } from '@attribution-bench/store';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makespan } from '../src/estimate/makespan.js';
import type { PlannedStep, StepDraft } from '../src/model/step.js';
import { settle } from '../src/plan/settle.js';
import { awaitSteps } from '../src/schedule/awaited-steps.js';
import { trackSteps } from '../src/schedule/step-states.js';
import { temporaryFolder } from './support/folder.js';

const many = 3000;

function draft(kind: string, number: number, needs: readonly string[]): StepDraft {
  const made = { step: kind, number };
  const key = hashJson(made);
  const place = [number];
  return {
    id: `${kind}:${key}`,
    kind,
    label: '',
    task: 't',
    needs,
    outputs: [{ kind, key, made }],
    job: { kind },
    place,
  };
}

const retrainings = Array.from({ length: many }, (_, number) => draft('retrain', number, []));
const drafts = [
  ...retrainings,
  draft(
    'truth',
    0,
    retrainings.map(({ id }) => id),
  ),
];
const planned = (step: StepDraft): PlannedStep => ({
  ...step,
  status: 'missing',
  place: '',
  needed: true,
  reported: false,
});

describe('a truth of many retrainings', () => {
  it('is planned by listing: nothing is read of what is stored or is not', async () => {
    const folder = openFileSystem(temporaryFolder());
    const names: string[] = [];
    const counted: Backend = {
      ...folder,
      find(name) {
        names.push(name);
        return folder.find(name);
      },
      read(name, ...rest) {
        names.push(name);
        return folder.read(name, ...rest);
      },
    };
    const store = openStore(counted);
    const [first] = retrainings;
    await store.write(first.outputs[0], { arrays: {}, metadata: {} });
    names.length = 0;
    const steps = new Map(drafts.map((step) => [step.id, step]));
    const settled = await settle(steps, store, new Set([drafts[many].id]), new Set());
    expect([...settled.stored]).toEqual([first.outputs[0].key]);
    expect(settled.steps.filter(({ needed }) => needed)).toHaveLength(many);
    expect(new Set(names)).toEqual(new Set(['retrain/packs/newest', 'truth/packs/newest']));
  });

  it('is ready when the last of them is done, without a look at all of them each time', () => {
    let looks = 0;
    const steps = drafts.map(planned);
    const truth = steps[many];
    const { needs } = truth;
    Object.defineProperty(truth, 'needs', {
      get() {
        looks++;
        return needs;
      },
    });
    const ready: string[] = [];
    const states = trackSteps(steps, ({ id }) => void ready.push(id));
    states.want(truth.id);
    expect(ready).toEqual(needs);
    for (const id of needs) states.finish(id);
    expect(ready.at(-1)).toBe(truth.id);
    expect(looks).toBeLessThan(10);
    states.lose(needs[0]);
    expect(ready.at(-1)).toBe(needs[0]);
  });

  it('takes as long as its retrainings side by side, and itself', () => {
    const steps = drafts.map(planned);
    expect(makespan(steps, ({ kind }) => (kind === 'truth' ? 10 : 1), 7)).toBe(Math.ceil(many / 7) + 10);
  });
});

describe('waiting for steps of other processes', () => {
  afterEach(() => void vi.useRealTimers());

  it('costs three looks in two seconds, however many are waited for', () => {
    vi.useFakeTimers();
    let looks = 0;
    const awaited = awaitSteps(
      () => true,
      (step) => {
        looks++;
        awaited.add(step);
      },
    );
    for (let step = 0; step < many; step++) awaited.add(String(step));
    vi.advanceTimersByTime(60_000);
    const before = looks;
    vi.advanceTimersByTime(600_000);
    expect(looks - before).toBeLessThanOrEqual(1.5 * 600 + 6);
    awaited.close();
  });

  it('goes through all of them where many have ended', () => {
    vi.useFakeTimers();
    const left = new Set<string>();
    const awaited = awaitSteps(
      () => true,
      (step) => {
        left.delete(step);
        awaited.lookSoon();
      },
    );
    for (let step = 0; step < many; step++) {
      left.add(String(step));
      awaited.add(String(step));
    }
    vi.advanceTimersByTime(10_000);
    expect(left.size).toBe(0);
    awaited.close();
  });
});
