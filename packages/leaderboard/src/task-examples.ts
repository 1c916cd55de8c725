/** Training and query images of a task with what methods said about them, for the page of a board: plain data that the runner gathers. */
export interface TaskExamples {
  readonly task: string;
  /** Pictures by number, as `data:` URLs of PNG files. */
  readonly pictures: readonly string[];
  readonly queries: readonly QueryExample[];
  /** Generators: generated queries, the most memorised first. */
  readonly generated?: readonly GeneratedExample[];
}

/** A generated query beside the training point nearest to it. Distances are in standard deviations per dimension. */
export interface GeneratedExample {
  /** `generated/3` */
  readonly source: string;
  /** Pictures of the query and of the training point; only for the most memorised ones. */
  readonly pictures?: { readonly own: number; readonly nearest: number };
  /** The training point, and how far it is. */
  readonly nearest: number;
  readonly trainingDistance: number;
  /** How far the nearest held-out point is. */
  readonly heldoutDistance: number;
  /** Largest log likelihood per dimension of a training point around it: high is copied. */
  readonly memorisation: number;
}

export interface QueryExample {
  /** Index in the task's report split. */
  readonly query: number;
  /** Where it comes from: `test/12`, `generated/3`. */
  readonly source: string;
  readonly picture: number;
  readonly label?: number;
  readonly methods: readonly MethodExample[];
}

/** What one row of the board says about a query. */
export interface MethodExample {
  readonly entry: string;
  /** Training points with the largest scores, the largest first. */
  readonly top: readonly ExamplePoint[];
  /** Training points with the smallest scores, the smallest first. */
  readonly bottom: readonly ExamplePoint[];
}

export interface ExamplePoint {
  readonly index: number;
  readonly picture: number;
  readonly label?: number;
  readonly score: number;
}
