import { type ErrorCode, isErrorCode } from './error-codes.js';

export interface BenchErrorDetails {
  readonly code: ErrorCode;
  /** What went wrong, without the place. */
  readonly message: string;
  /** Where: `configs/x.yaml:14:5`, a file, a method. */
  readonly place?: string | undefined;
  /** What the reader can do about it. */
  readonly next?: string | undefined;
  readonly cause?: unknown;
}

/** A failure with a place, a cause and a next step. It crosses threads and processes as plain data: {@link toPlainError}. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly code: ErrorCode;
  readonly place: string | undefined;
  readonly next: string | undefined;

  constructor(details: BenchErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.place = details.place;
    this.next = details.next;
  }

  /** One line: `place message, next step`. */
  get line(): string {
    const place = this.place === undefined ? '' : `${this.place} `;
    const next = this.next === undefined ? '' : `, ${this.next}`;
    return `${place}${this.message}${next}`;
  }
}

/** An error as structured-cloneable data: threads and processes drop classes, names and own fields. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly place?: string;
  readonly next?: string;
  readonly stack?: string;
}

/** Anything but a {@link BenchError} becomes `UNEXPECTED`. */
export function toPlainError(error: unknown): PlainError {
  if (error instanceof BenchError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.place !== undefined && { place: error.place }),
      ...(error.next !== undefined && { next: error.next }),
      ...(error.stack !== undefined && { stack: error.stack }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: 'UNEXPECTED', message, ...(stack !== undefined && { stack }) };
}

/** A code that this version does not know, from a process that runs another one, becomes `UNEXPECTED`. */
export function fromPlainError(plain: PlainError): BenchError {
  const error = new BenchError({ ...plain, code: isErrorCode(plain.code) ? plain.code : 'UNEXPECTED' });
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}
