import {
  contractVersion,
  type ModelKind,
  type OfContract,
  type OutputFunction,
  type ParamSpecs,
} from '@attribution-bench/contract';

/** An {@link OutputFunction} that may go by the task's training loss of one sample. */
export type TargetFunction = (
  prediction: Parameters<OutputFunction>[0],
  reference: Parameters<OutputFunction>[1],
  loss: OutputFunction,
) => ReturnType<OutputFunction>;

export interface TargetSpec<S extends ParamSpecs> {
  readonly id: string;
  readonly title: string;
  readonly kind: ModelKind;
  readonly params: S;
  /** What it says of a point, in words and as a formula, for people who compute it elsewhere. */
  readonly words: string;
  readonly formula: string;
  /** One scalar a sample, higher is more. */
  readonly output: TargetFunction;
}

export interface Target extends TargetSpec<ParamSpecs>, OfContract {}

/** Declares what can be explained; one file each. */
export function defineTarget<const S extends ParamSpecs>(spec: TargetSpec<S>): Target {
  return { ...spec, contract: contractVersion };
}
