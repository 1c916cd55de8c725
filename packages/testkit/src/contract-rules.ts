import {
  Cancelled,
  type CancelSignal,
  checkParams,
  type Method,
  type ModelKind,
  type NumericArray,
  Rng,
} from '@attribution-bench/contract';
import { pearson } from '@attribution-bench/numerics';
import { expect } from 'vitest';
import {
  type ContractProblem,
  classifierProblem,
  contractProblemSize,
  generatedQueriesProblem,
  generatorProblem,
} from './contract-problems.js';
import { linearDatamodelingScore, retrainOnHalves } from './linear-datamodeling.js';
import { type MethodRun, type RunOptions, runMethod } from './run-method.js';

/** A rule of the contract that a method may be exempt from, with the reason. */
export type Exemption = 'permutation' | 'duplicates' | 'sign' | 'signal';

export interface ContractOptions {
  /** Parameters that suit tasks of 60 points and 12 queries: a classifier of 18 and a generator of 548 parameters. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Why a rule does not hold for this method; a method that expects no signal need not exempt itself from `sign` and `signal`. */
  readonly exempt?: Readonly<Partial<Record<Exemption, string>>>;
  /** The same for the diffusion model alone. */
  readonly exemptOnGenerators?: Readonly<Partial<Record<Exemption, string>>>;
  /** For methods that explain generated queries alone: the diffusion model gets no held-out ones. */
  readonly generatedOnly?: boolean;
  /** Kinds of task that it is tried on, for methods that do the same on each; default all that it takes. */
  readonly kinds?: readonly ModelKind[];
}

const { train } = contractProblemSize;
const subsets = 64;
const randomDraws = 20;
/** Share of the largest score; covers float32 training of the same optimum from differently ordered sums. */
const tolerance = 2e-3;

export interface ContractRule {
  readonly name: string;
  /** Why the method need not keep it. */
  readonly exempt?: string | undefined;
  /** Rejects when the method breaks the rule. */
  check(): Promise<void>;
}

/** What the harness holds every method to, on a small real task of each kind that the method takes. */
export function contractRules(method: Method, options: ContractOptions = {}): readonly ContractRule[] {
  const generator = options.generatedOnly === true ? generatedQueriesProblem : generatorProblem;
  const onGenerators = { ...options, exempt: { ...options.exempt, ...options.exemptOnGenerators } };
  const tries = (kind: ModelKind) => method.tasks.includes(kind) && options.kinds?.includes(kind) !== false;
  return [
    ...declarationRules(method),
    ...(tries('classifier') ? behaviourRules(method, classifierProblem, options) : []),
    ...(tries('generator') ? behaviourRules(method, generator, onGenerators) : []),
  ];
}

function declarationRules(method: Method): readonly ContractRule[] {
  return [
    {
      name: 'its id is a file name and its parameters have valid defaults',
      async check() {
        expect(method.id).toMatch(/^[a-z][a-z0-9-]*$/);
        expect(checkParams(method.params, {})).toMatchObject({ ok: true });
      },
    },
    {
      name: 'refuses a parameter it does not know',
      async check() {
        expect(checkParams(method.params, { noSuchParameter: 1 })).toMatchObject({
          ok: false,
          problems: [{ unknownKey: true, path: ['noSuchParameter'] }],
        });
      },
    },
  ];
}

/** A rule before the exemptions of the method are looked up. */
interface BehaviourRule {
  readonly name: string;
  readonly exemption?: Exemption;
  check(subject: Subject): Promise<void>;
}

/** A method on a problem, run as often as a rule asks for. */
interface Subject {
  readonly method: Method;
  readonly setting: () => ReturnType<ContractProblem['setting']>;
  /** The run that most rules look at; done once. */
  readonly plain: () => Promise<MethodRun>;
  readonly run: (options?: RunOptions) => Promise<MethodRun>;
  /** Runs on these rows of the training set. */
  readonly runOn: (rows: Int32Array) => Promise<MethodRun>;
}

function behaviourRules(method: Method, problem: ContractProblem, options: ContractOptions): readonly ContractRule[] {
  const subject = subjectOf(method, problem, options);
  const { leaveOneOut } = problem;
  const rules = [
    finiteScores,
    sameBytes,
    stopsWhenCancelled,
    permutes,
    copiesScoreAlike,
    ...(leaveOneOut === undefined ? [] : [agreesWithLeavingOut(leaveOneOut)]),
    beatsRandom,
  ];
  return rules.map(({ name, exemption, check }) => ({
    name: `${problem.prefix}${name}`,
    exempt: exemption && (reasonFor(exemption, method, options) ?? boundToPlaces(exemption, method, problem)),
    check: () => check(subject),
  }));
}

function subjectOf(method: Method, problem: ContractProblem, options: ContractOptions): Subject {
  const setting = once(() => problem.setting());
  const run = async (given: RunOptions = {}) => runMethod(method, await setting(), { ...options, ...given });
  const runOn = async (rows: Int32Array) => {
    const changed = await problem.withTrainRows(await setting(), rows);
    try {
      return await runMethod(method, changed, options);
    } finally {
      await changed.task.release();
    }
  };
  return { method, setting, plain: once(() => run()), run, runOn };
}

/** Why the method is exempt; undefined when it is not. */
function reasonFor(exemption: Exemption, method: Method, { exempt }: ContractOptions): string | undefined {
  const noSignal = !method.expectSignal && (exemption === 'sign' || exemption === 'signal');
  return exempt?.[exemption] ?? (noSignal ? 'expects no signal' : undefined);
}

/** Why the rule cannot be asked of a method that repeats training, where the problem has models of points in another order. */
function boundToPlaces(exemption: Exemption, { needs }: Method, { retrains }: ContractProblem): string | undefined {
  const ofOrder = exemption === 'permutation' || exemption === 'duplicates';
  if (retrains || !ofOrder || !needs.includes('unrolling')) return undefined;
  return 'it repeats training, whose noise belongs to places in the batch';
}

const finiteScores: BehaviourRule = {
  name: 'gives one finite score per training point and query, or per training point',
  async check({ method, setting, plain }) {
    const { info } = (await setting()).task;
    const { scores, selfInfluence } = await plain();
    expect(scores.length).toBe(method.scoreShape === 'pairwise' ? info.queries * info.train : info.train);
    expect(scores.every(Number.isFinite)).toBe(true);
    if (selfInfluence === undefined) return;
    expect(selfInfluence.length).toBe(info.train);
    expect(selfInfluence.every(Number.isFinite)).toBe(true);
  },
};

const sameBytes: BehaviourRule = {
  name: 'gives the same bytes for the same seed',
  async check({ run, plain }) {
    expect(bytesOf(await run())).toEqual(bytesOf(await plain()));
  },
};

const stopsWhenCancelled: BehaviourRule = {
  name: 'stops when cancelled, wherever it is',
  async check({ run }) {
    const polls = countingSignal(Infinity);
    await run({ cancel: polls });
    expect(polls.count).toBeGreaterThan(0);
    for (const share of [0, 0.5, 1])
      await expect(run({ cancel: countingSignal(Math.floor(share * (polls.count - 1))) })).rejects.toThrow(Cancelled);
  },
};

const permutes: BehaviourRule = {
  name: 'permuting the training set permutes the scores',
  exemption: 'permutation',
  async check({ plain, runOn }) {
    const order = new Rng([1, 2, 3, 4]).permutation(train);
    const before = await plain();
    const after = await runOn(order);
    expectClose(after.scores, pickColumns(before.scores, order));
    if (before.selfInfluence !== undefined)
      expectClose(after.selfInfluence as Float32Array, pickColumns(before.selfInfluence, order));
  },
};

const copiesScoreAlike: BehaviourRule = {
  name: 'a training point and its copy score alike',
  exemption: 'duplicates',
  async check({ runOn }) {
    const [point, copy] = [Int32Array.of(7), Int32Array.of(41)];
    const { scores, selfInfluence } = await runOn(
      Int32Array.from({ length: train }, (_, row) => (row === 41 ? 7 : row)),
    );
    expectClose(pickColumns(scores, copy), pickColumns(scores, point), largest(scores));
    if (selfInfluence !== undefined)
      expectClose(pickColumns(selfInfluence, copy), pickColumns(selfInfluence, point), largest(selfInfluence));
  },
};

function agreesWithLeavingOut(leaveOneOut: NonNullable<ContractProblem['leaveOneOut']>): BehaviourRule {
  return {
    name: 'is positive where leaving the point out lowers the target',
    exemption: 'sign',
    async check({ setting, plain }) {
      const { data, task } = await setting();
      const effects = await leaveOneOut(data);
      const { scores } = await plain();
      let sum = 0;
      for (let query = 0; query < task.info.queries; query++) {
        const row = (values: Float32Array | Float64Array) => values.subarray(query * train, (query + 1) * train);
        sum += pearson(scores.length === train ? scores : row(scores), row(effects)) ?? 0;
      }
      expect(sum / task.info.queries).toBeGreaterThan(0.1);
    },
  };
}

const beatsRandom: BehaviourRule = {
  name: 'beats random scores at predicting retrained models',
  exemption: 'signal',
  async check({ setting, plain }) {
    const truth = await retrainOnHalves(await setting(), subsets);
    const { scores } = await plain();
    const random = Array.from({ length: randomDraws }, (_, draw) => {
      const rng = new Rng([5, 6, 7, draw]);
      return linearDatamodelingScore(
        Float32Array.from(scores, () => rng.normal()),
        truth,
        train,
      );
    });
    expect(linearDatamodelingScore(scores, truth, train)).toBeGreaterThan(Math.max(...random));
  },
};

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Aborts once it has been looked at `limit` times. */
function countingSignal(limit: number): CancelSignal & { readonly count: number } {
  let count = 0;
  return {
    get count() {
      return count;
    },
    get aborted() {
      return ++count > limit;
    },
    throwIfAborted() {
      if (++count > limit) throw new Cancelled();
    },
  };
}

function bytesOf({ state, scores, selfInfluence }: MethodRun): Record<string, string> {
  const arrays: Readonly<Record<string, NumericArray>> = {
    ...state,
    'the scores': scores,
    ...(selfInfluence !== undefined && { 'self-influence': selfInfluence }),
  };
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { buffer, byteOffset, byteLength }]) => [
      name,
      Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
    ]),
  );
}

/** Some columns of [rows × train] scores. */
function pickColumns(scores: Float32Array, columns: Int32Array): Float32Array {
  const rows = scores.length / train;
  return Float32Array.from(
    { length: rows * columns.length },
    (_, i) => scores[Math.floor(i / columns.length) * train + columns[i % columns.length]],
  );
}

function largest(values: Float32Array): number {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

function expectClose(found: Float32Array, expected: Float32Array, scale = largest(expected)): void {
  const worst = expected.reduce((max, value, i) => Math.max(max, Math.abs(value - found[i])), 0);
  expect(worst / scale).toBeLessThanOrEqual(tolerance);
}
