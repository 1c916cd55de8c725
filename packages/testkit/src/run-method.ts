import {
  BenchError,
  type CancelSignal,
  checkParams,
  deriveSeed,
  type Method,
  type MethodState,
  narrowContext,
  type ParamSpecs,
  type Params,
  type Stage,
  stageParams,
} from '@attribution-bench/contract';
import { neverCancelled, type Setting } from './setting.js';
import { trainedSubsets } from './trained-subsets.js';

export type Phase = Stage | 'score' | 'selfInfluence';

export interface RunOptions {
  /** Parameters as a grid file gives them; the others take their defaults. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Seed of the method's own random numbers; default 0. */
  readonly seed?: number;
  readonly cancel?: CancelSignal;
  /** What an earlier fit gave, in place of fitting. */
  readonly state?: MethodState;
  /** Called with the phase and its share done. */
  progress?(phase: Phase, done: number): void;
  log?(message: string): void;
}

export interface MethodRun {
  readonly state: MethodState;
  /** [queries × train] or [train], row-major. */
  readonly scores: Float32Array;
  /** [train]; absent where the method has none. */
  readonly selfInfluence?: Float32Array;
}

/** Checked parameters of a method, defaults filled in; every problem in one error. */
export function paramsOf(method: Method, given: Readonly<Record<string, unknown>> = {}): Params<ParamSpecs> {
  const checked = checkParams(method.params, given);
  if (checked.ok) return checked.params;
  throw new BenchError({
    code: 'TESTKIT_PARAMS',
    place: method.id,
    message: checked.problems.map(({ message }) => message).join('; '),
  });
}

/** Runs a method as the harness does: a context narrowed to its needs a phase, and state that survives being stored. */
export async function runMethod(method: Method, setting: Setting, options: RunOptions = {}): Promise<MethodRun> {
  const { task } = setting;
  const params = paramsOf(method, options.params);
  const supported = method.supports(task.info, params);
  if (supported !== true) throw new BenchError({ code: 'TESTKIT_UNSUPPORTED', place: method.id, message: supported });
  const { subsets: design, ...uses } = method.uses(params);
  const models = await setting.models(uses);
  const subsets = design && (await trainedSubsets(setting, design));
  const contextOf = (phase: Phase) =>
    narrowContext(
      {
        ...task.context({
          ...models,
          scope: deriveSeed(options.seed ?? 0, method.id, 'method'),
          cancel: options.cancel ?? neverCancelled,
          progress: (done) => options.progress?.(phase, done),
          log: (message) => options.log?.(message),
        }),
        ...(subsets && { subsets: async () => subsets }),
      },
      method.needs,
    );
  const stage = async (name: Stage) =>
    structuredClone(await method[name](contextOf(name), stageParams(method, name, params)));
  const state = options.state ?? (await stage('fit'));
  const queries = method.reads?.queries === undefined ? {} : await stage('queries');
  const scores = await method.score(contextOf('score'), params, state, queries);
  if (method.selfInfluence === undefined) return { state, scores };
  return { state, scores, selfInfluence: await method.selfInfluence(contextOf('selfInfluence'), params, state) };
}
