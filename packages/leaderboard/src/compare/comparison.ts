import type { BoardValue, Interval, PairedDifference, RankInterval, RowKind } from '../board.js';

/** Names the layout of a comparison's JSON; raised when a field changes its meaning. */
export const comparisonSchema = 'bench/comparison@1';

/** Two boards side by side. */
export interface BoardComparison {
  readonly schema: typeof comparisonSchema;
  readonly boards: { readonly a: ComparedBoard; readonly b: ComparedBoard };
  /** Nominal coverage of each interval of a change; absent where the boards have intervals of different levels, and no change has one. */
  readonly ci?: number;
  /** Probability at most that any value that did not change is said to have moved. */
  readonly falseAlarm: number;
  /** What differs in how the boards were made. */
  readonly settings: readonly SettingDifference[];
  readonly tasks: readonly ComparedTask[];
  /** Tasks that have no counterpart. */
  readonly onlyIn: { readonly a: readonly string[]; readonly b: readonly string[] };
}

export interface ComparedBoard {
  /** How the board was named by whoever compares. */
  readonly name: string;
  readonly grid: string;
}

/** Something that is one way on the one board and another way on the other; absent: the board does not have or know it. */
export interface SettingDifference {
  readonly name: string;
  readonly a?: string;
  readonly b?: string;
}

export interface ComparedTask {
  readonly id: string;
  /** Id on the second board, where a task of another name has the same truth. */
  readonly otherId?: string;
  /** `paired`: the same truth and queries; `independent`: anything else. */
  readonly pairing: 'paired' | 'independent';
  /** Metric that the task is ranked by on the second board, or else on the first. */
  readonly rankedBy?: string;
  readonly settings: readonly SettingDifference[];
  /** Ceiling, methods in the order of the second board, controls; of each the metric that ranks first. */
  readonly values: readonly ComparedValue[];
  /** Rows that only one of the boards has a result of. */
  readonly onlyIn: { readonly a: readonly LoneRow[]; readonly b: readonly LoneRow[] };
}

/** A row that has no result on the other board. */
export interface LoneRow {
  readonly entry: string;
  readonly title: string;
  /** What became of it there. */
  readonly elsewhere: string;
}

/**
 * `same`: not a digit differs. `noise`: the interval of the change holds 0. `unsettled`: it does not, but among all values that
 * were compared that can be chance. `better` and `worse`, of ceilings and controls `higher` and `lower`: the value moved.
 * `incomparable`: there is no interval, for a reason.
 */
export type ChangeVerdict = 'same' | 'noise' | 'unsettled' | 'better' | 'worse' | 'higher' | 'lower' | 'incomparable';

/** A metric of a row on both boards. */
export interface ComparedValue {
  readonly entry: string;
  readonly title: string;
  readonly kind: RowKind;
  readonly metric: string;
  readonly a: ShownValue;
  readonly b: ShownValue;
  readonly verdict: ChangeVerdict;
  /** b - a. */
  readonly change?: PairedDifference;
  /** Two-sided, by itself: how probable a change this large is where there is none. */
  readonly chance?: number;
  /** Why it is incomparable. */
  readonly reason?: string;
  /** What differs about the row: chosen parameters, seeds, the method's revision. */
  readonly settings: readonly SettingDifference[];
}

export interface ShownValue extends Interval {
  readonly value: number;
  readonly ofCeiling?: BoardValue['ofCeiling'];
  /** Where the metric ranks the task. */
  readonly rank?: RankInterval;
}

/** Verdicts that say that a value moved. */
export const movedVerdicts: ReadonlySet<ChangeVerdict> = new Set(['better', 'worse', 'higher', 'lower']);
