import type { Checkpoint, LayerBasis, MethodState, TaskInfo } from '@attribution-bench/contract';
import type { Context, Curvature, InfluenceParams } from '../params.js';

/** What is to be solved: (C + λI) x = b with the curvature C of the mean training loss of one checkpoint. */
export interface System {
  readonly ctx: Context;
  readonly params: InfluenceParams;
  readonly checkpoint: Checkpoint;
  /** Which of the checkpoints it is. */
  readonly index: number;
  /** What C is; never `auto`. */
  readonly curvature: Curvature;
}

/** Share done of what was asked, 0 to 1; throws when the run is cancelled. */
export type Watch = (share: number) => void;

/**
 * (C + λI)⁻¹ b, exactly or nearly, for every row of `rows` [any number × p]; [rows × p]. Callers pass as many rows as
 * {@link rowsAtOnce} at most.
 */
export type Inverse = (rows: Float64Array, watch: Watch) => Promise<Float64Array>;

/** (C + λI)⁻¹ of a C whose eigenvectors are known, layer by layer. */
export interface Eigenspace {
  /** Its eigenvectors, of each layer in flat order. */
  readonly bases: readonly LayerBasis[];
  /** 1 / (eigenvalue + λ) of each, [p]. */
  readonly scales: Float64Array;
}

/** One way to solve; one file each. */
export interface Solver {
  /** Those that it can take for C; `auto` is the first. */
  readonly curvatures: readonly Curvature[];
  /** Whether every layer can have a damping of its own. */
  readonly layerwise?: true;
  /** Whether it opens as an {@link Eigenspace}. */
  readonly inEigenspace?: true;
  /** true, or why it cannot solve on this task. */
  supports?(task: TaskInfo, params: InfluenceParams): true | string;
  /** What is kept from fit to score, of one checkpoint: all that depends neither on queries nor on the damping. */
  fit(system: System, watch: Watch): Promise<MethodState>;
  /** @param state what `fit` gave for this checkpoint */
  open(system: System, state: MethodState): Promise<Inverse | Eigenspace>;
}

const rowNumbers = 2 ** 24;

/** Right-hand sides solved together: as many as keep one array of them within 64 MiB of float32, at least one. */
export function rowsAtOnce(parameters: number): number {
  return Math.max(1, Math.floor(rowNumbers / parameters));
}
