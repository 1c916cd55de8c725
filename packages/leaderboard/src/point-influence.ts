/** One point of a task, as it is shown to people. */
export interface ShownPoint {
  readonly side: 'train' | 'query';
  /** Position among the training points or the queries of its task. */
  readonly index: number;
  /** Where it comes from, e.g. `train/1234`. */
  readonly source: string;
  /** Class as the model is given it; absent where it has none. */
  readonly label?: number;
  /** Of a regressor: what is to be predicted, as the model is trained on it. */
  readonly response?: number;
  /** Whether label noise changed the class. */
  readonly flipped?: boolean;
  /** [height × width × channels], 8 bits each, row-major; absent where the points are not images. */
  readonly pixels?: Uint8Array;
}

/** A point at the other end of a score. */
export interface ScoredPoint extends ShownPoint {
  readonly score: number;
}

/** What one cell says of a point. */
export interface CellInfluence {
  /** `digits-mlp/trak projDim=512 seed=0` */
  readonly cell: string;
  readonly title: string;
  /** The points at the other end with the largest scores, largest first, and with the smallest, smallest first. */
  readonly largest: readonly ScoredPoint[];
  readonly smallest: readonly ScoredPoint[];
  /** Given for a training point that the method scores once for all queries: its score and its place, 1 for the largest. */
  readonly global?: { readonly score: number; readonly place: number; readonly of: number };
}

/** A point and who influences it, or whom it influences, by every method that was run. */
export interface PointInfluence {
  readonly task: string;
  /** Title of the target whose change a score predicts. */
  readonly target: string;
  readonly point: ShownPoint;
  /** [height, width, channels] where the points are images. */
  readonly imageShape?: readonly [number, number, 1 | 3];
  readonly cells: readonly CellInfluence[];
}
