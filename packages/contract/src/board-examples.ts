/** Training and query images of a task with what methods said about them, for the page of a board: plain data that the runner gathers. */
export interface TaskExamples {
  readonly task: string;
  /** Pictures by number, as `data:` URLs of PNG files. */
  readonly pictures: readonly string[];
  readonly queries: readonly QueryExample[];
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
