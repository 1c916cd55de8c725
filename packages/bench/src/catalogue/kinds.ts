import type { ParamSpecs } from '@attribution-bench/contract';

/** One thing that a grid file can name. */
export interface Entry {
  readonly id: string;
  readonly title: string;
  /** What else there is to say of it, by name: `cite`, `licence`, `needs` ... */
  readonly facts: Readonly<Record<string, string>>;
  readonly params: ParamSpecs;
}

export const kinds = ['methods', 'datasets', 'models', 'targets', 'metrics', 'configs'] as const;
export type Kind = (typeof kinds)[number];
