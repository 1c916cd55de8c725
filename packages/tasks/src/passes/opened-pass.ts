import type { CancelSignal, PointSet } from '@attribution-bench/contract';
import type { Pass, Subject } from './pass.js';

/** A pass of a subject, with the number of points that one run of its programs takes. */
export interface OpenedPass {
  readonly subject: Subject;
  readonly pass: Pass;
  /**
   * No more than there are points, and few enough that all activations of a pass stay within some multiples of 32 MiB. The
   * last run is padded to it.
   */
  readonly samples: number;
}

/** What a compiled pass is run on. */
export interface PassRun {
  readonly parameters: Float32Array;
  readonly of: PointSet;
  readonly cancel: CancelSignal;
}

const rowsAtOnce = 1024;
const activationsAtOnce = 2 ** 23;

/** @param pass default: the subject's own */
export function openPass(subject: Subject, pass: Pass = subject.pass()): OpenedPass {
  const rows = Math.min(rowsAtOnce, Math.floor(activationsAtOnce / subject.architecture.activations));
  const points = Math.max(subject.count('train'), subject.count('queries'));
  return { subject, pass, samples: Math.max(1, Math.min(points, Math.floor(rows / pass.positions))) };
}
