import { didYouMean } from './did-you-mean.js';
import { BenchError } from './errors.js';
import type { ParamSpecs, Params } from './params.js';

/**
 * The stages of a method whose results settings may share: its training side, and what of the queries' side depends neither
 * on that nor on how scores are solved for.
 */
export const stages = ['fit', 'queries'] as const;
export type Stage = (typeof stages)[number];

/** Names of the parameters that each stage of a method reads. Every method has a training side, if only an empty one. */
export type StageReads = { readonly [stage in Stage]?: readonly string[] };

/** What is known of a method before its stages are checked. */
export interface Staged {
  readonly id: string;
  readonly params: ParamSpecs;
}

/**
 * What the stages of a method read: the parameters that its author names, or all.
 * @param has which stages it defines
 * @throws BenchError METHOD_STAGES
 */
export function checkStages(
  { id, params }: Staged,
  declared: StageReads,
  has: Readonly<Record<Stage, boolean>>,
): StageReads {
  const wrong = (message: string, next: string) =>
    new BenchError({ code: 'METHOD_STAGES', message: `method "${id}" ${message}`, next });
  const names = Object.keys(params);
  for (const stage of stages) {
    if (declared[stage] === undefined) continue;
    if (!has[stage]) throw wrong(`says what ${stage} reads and has none`, `leave stages.${stage} out`);
    const unknown = declared[stage].find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw wrong(
        `says that ${stage} reads "${unknown}", which is no parameter of it`,
        didYouMean(unknown, names, `known: ${names.join(', ') || 'none'}`),
      );
  }
  const reads = (stage: Stage) => withChecksums(declared[stage] ?? (has[stage] ? names : []), params);
  return { fit: reads('fit'), ...(has.queries && { queries: reads('queries') }) };
}

/** Whoever reads a file depends on the checksum that is given for it. */
function withChecksums(names: readonly string[], params: ParamSpecs): string[] {
  return [...new Set(names.flatMap((name) => [name, params[name].checksum ?? []].flat()))];
}

/** The values of the parameters that a stage reads. */
export function readByStage<V>(reads: readonly string[], params: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => reads.includes(name)));
}

/**
 * The parameters that a stage is given: reading one that it does not declare fails, since its result would be shared by
 * settings for which it is not the same.
 * @param params at least those that it declares
 * @throws BenchError METHOD_UNDECLARED_PARAM, from the parameter
 */
export function stageParams(
  method: Staged & { readonly reads?: StageReads },
  stage: Stage,
  params: Params<ParamSpecs>,
): Params<ParamSpecs> {
  const reads = method.reads?.[stage] ?? Object.keys(method.params);
  const hidden = (name: PropertyKey) =>
    typeof name === 'string' && Object.hasOwn(method.params, name) && !reads.includes(name);
  const refuse = (name: PropertyKey) => {
    throw new BenchError({
      code: 'METHOD_UNDECLARED_PARAM',
      message: `${stage} of method "${method.id}" reads the parameter "${String(name)}" and does not declare that`,
      next: `add '${String(name)}' to stages.${stage}, or read it in score`,
    });
  };
  return new Proxy(readByStage(reads, params) as Params<ParamSpecs>, {
    get: (target, name) => (hidden(name) ? refuse(name) : Reflect.get(target, name)),
    has: (target, name) => (hidden(name) ? refuse(name) : Reflect.has(target, name)),
    // So that a copy of all parameters fails too, and does not lack some.
    ownKeys: () => Object.keys(method.params),
    getOwnPropertyDescriptor: (target, name) =>
      hidden(name) ? refuse(name) : Reflect.getOwnPropertyDescriptor(target, name),
  });
}
