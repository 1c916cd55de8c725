import type { Path } from './yaml-source.js';

/** A problem of the entry of a method, and where in the entry it is. */
export class EntryProblem extends Error {
  constructor(
    readonly path: Path,
    message: string,
    readonly next: string,
  ) {
    super(message);
  }
}
