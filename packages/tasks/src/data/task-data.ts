import type { PointSet } from '@attribution-bench/contract';
import type { NoiseSource } from '../generator/noise-source.js';
import type { Marks } from './marks.js';

/** Everything a task trains on and explains. Rows of `inputs` and `labels` belong together, as do those of the queries. */
export interface TaskData {
  /** [train × dims], row-major, as the model is fed. */
  readonly inputs: Float32Array;
  /** Class of each training point as trained on, label noise included, [train]. */
  readonly labels: Int32Array;
  /** 1 where label noise changed the class, [train]. */
  readonly flipped: Uint8Array;
  /** [queries × dims]. */
  readonly queryInputs: Float32Array;
  /** [queries]; never noisy. */
  readonly queryLabels: Int32Array;
  /** Regressors, whose points are all of class 0: what a model is to predict, [train] and [queries]. */
  readonly responses?: Readonly<Record<PointSet, Float32Array>>;
  /** Shape of one input, e.g. [64] or [28, 28, 1]. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  /** Where each point comes from, e.g. `train/1234`: partition and row of the source, [train] and [queries]. */
  readonly ids: readonly string[];
  readonly queryIds: readonly string[];
  /** Groups of points where the dataset has them, and what is known of points that something is planted in; see `plants`. */
  readonly marks?: Marks;
  /** Generators: parameters of the model that drew the generated queries. */
  readonly generatingModel?: Float32Array;
  /** Generators: the noise of points at each time step (one row per step) that methods see in place of what the seed gives. */
  readonly noise?: Readonly<Record<PointSet, NoiseSource>>;
}

/** What getting at data files needs from the outside. */
export interface DataEnvironment {
  /** Where downloads are kept. */
  readonly cacheFolder: string;
  /** Refuse to download: a missing file is an error that says where to put it. */
  readonly offline?: boolean;
  log(message: string): void;
}
