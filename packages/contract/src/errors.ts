/** Exit codes of the command line; a {@link BenchError} carries the one its kind of failure ends with. */
export const exitCode = { ok: 0, cellFailed: 1, badInput: 2, regression: 3, incomplete: 4 } as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export interface BenchErrorDetails {
  /** Stable name of the kind of failure, e.g. `CONFIG_UNKNOWN_KEY`. */
  code: string;
  /** What went wrong, without the place. */
  message: string;
  /** Where: `configs/x.yaml:14:5`, a file, a method. */
  place?: string;
  /** What the reader can do about it. */
  next?: string;
  exit?: ExitCode;
  cause?: unknown;
}

/** A failure with a place, a cause and a next step. It crosses threads as plain data: {@link toPlainError}. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly code: string;
  readonly place: string | undefined;
  readonly next: string | undefined;
  readonly exit: ExitCode;

  constructor(details: BenchErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.place = details.place;
    this.next = details.next;
    this.exit = details.exit ?? exitCode.badInput;
  }

  /** One line: `place message, next step`. */
  get line(): string {
    const place = this.place === undefined ? '' : `${this.place} `;
    const next = this.next === undefined ? '' : `, ${this.next}`;
    return `${place}${this.message}${next}`;
  }
}

/** An error as structured-cloneable data (worker threads drop classes, names and own fields). */
export interface PlainError {
  code: string;
  message: string;
  place?: string;
  next?: string;
  exit: ExitCode;
  stack?: string;
}

export function toPlainError(error: unknown): PlainError {
  if (error instanceof BenchError) {
    return {
      code: error.code,
      message: error.message,
      exit: error.exit,
      ...(error.place === undefined ? {} : { place: error.place }),
      ...(error.next === undefined ? {} : { next: error.next }),
      ...(error.stack === undefined ? {} : { stack: error.stack }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: 'UNEXPECTED', message, exit: exitCode.cellFailed, ...(stack === undefined ? {} : { stack }) };
}

export function fromPlainError(plain: PlainError): BenchError {
  const error = new BenchError(plain);
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}

/** The candidate a person most likely meant, or undefined when none is near (Damerau-Levenshtein, at most a third off). */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    // No fewer changes than letters too many: a word of a million letters is not compared.
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, rows[i - 2][j - 2] + 1);
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
