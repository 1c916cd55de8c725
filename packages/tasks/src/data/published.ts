import { BenchError } from '@attribution-bench/contract';
import type { DataEnvironment } from './task-data.js';

/** A file of a published dataset, as it was found on this machine. */
export interface PublishedFile {
  readonly name: string;
  /** Its path; absent where it was not found. */
  readonly file?: string;
  readonly bytes?: number;
  /** Where it came from, where that is known. */
  readonly from?: string;
  /** What is wrong with it: its checksum, its length. */
  readonly problem?: BenchError;
}

/** A dataset in files that others published: not shipped, but brought and checked. */
export interface PublishedData {
  /** From where it can be had, for people, in the order in which that is tried. */
  readonly sources: readonly string[];
  /** Looks for its files and reads them whole; downloads nothing. */
  find(environment: DataEnvironment): Promise<readonly PublishedFile[]>;
  /**
   * Brings what is missing of it into the cache, and checks all of it.
   * @throws BenchError DATA_DOWNLOAD, DATA_CHECKSUM, DATA_CORRUPT
   */
  get(environment: DataEnvironment): Promise<readonly PublishedFile[]>;
}

/** What a check of a file threw, where that says what is wrong with the file. */
export function problemOf(error: unknown): BenchError {
  if (error instanceof BenchError) return error;
  throw error;
}
