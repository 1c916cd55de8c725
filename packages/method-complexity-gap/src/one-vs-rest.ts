import type { CancelSignal, Rng } from '@attribution-bench/contract';
import { complexityGaps, factorKernel, type Gaps } from './gaps.js';
import { reluKernel } from './relu-kernel.js';

export interface OneVsRest {
  /** Unit vectors, [points × dims]. */
  readonly rows: Float64Array;
  readonly dims: number;
  /** [points] */
  readonly labels: Int32Array;
  /** Points of other classes drawn for each point of the class. */
  readonly ratio: number;
  /** Fresh draws that are averaged over. */
  readonly repeats: number;
  readonly ridge: number;
  /** The stream a draw takes its numbers from. */
  rng(name: string): Rng;
  progress(done: number): void;
  readonly signal: CancelSignal;
}

/**
 * Complexity gaps of points of several classes: each class in turn is labelled +1 and a sample of all others -1, of
 * `ratio` times its size, drawn without replacement; its own members are scored. A class whose sample is all others has
 * nothing to draw: the kernel is then that of the whole training set, factored once for all such classes.
 */
export async function oneVsRestGaps(request: OneVsRest): Promise<Gaps> {
  const { labels, ratio, repeats, signal } = request;
  const points = labels.length;
  const everyone = Int32Array.from(labels.keys());
  const classes = [...new Set(labels)]
    .sort((a, b) => a - b)
    .map((label) => {
      const own = everyone.filter((i) => labels[i] === label);
      return { label, own, drawn: Math.min(Math.floor(own.length * ratio), points - own.length) };
    });
  const whole = classes.filter(({ own, drawn }) => own.length + drawn === points);
  const sampled = classes.filter(({ own, drawn }) => own.length + drawn < points);
  const total = { gap: zeros(), a2: zeros(), ab: zeros(), b2: zeros() };

  const steps = (whole.length > 0 ? 1 : 0) + sampled.length * repeats;
  let done = 0;
  if (whole.length > 0) {
    const kernel = await kernelOf(everyone);
    for (const { label, own } of whole) {
      const gaps = await complexityGaps(
        kernel,
        Float64Array.from(labels, (other) => (other === label ? 1 : -1)),
      );
      add(gaps, own, own, 1);
    }
    request.progress(++done / steps);
  }
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const { label, own, drawn } of sampled) {
      const others = everyone.filter((i) => labels[i] !== label);
      const draw = request.rng(`repeat ${repeat} class ${label}`).subset(others.length, drawn);
      const members = Int32Array.from([...own, ...draw.map((at) => others[at])]);
      const signs = Float64Array.from(members, (_, at) => (at < own.length ? 1 : -1));
      add(await complexityGaps(await kernelOf(members), signs), own, own.keys(), repeats);
      request.progress(++done / steps);
    }
  return total;

  function zeros(): Float64Array {
    return new Float64Array(points);
  }

  async function kernelOf(members: Int32Array) {
    signal.throwIfAborted();
    const kernel = await reluKernel(gather(request.rows, members, request.dims), request.dims);
    signal.throwIfAborted();
    return factorKernel(kernel, members.length, request.ridge);
  }

  function add(gaps: Gaps, own: Int32Array, places: Iterable<number>, shares: number): void {
    let at = 0;
    for (const place of places) {
      const point = own[at++];
      for (const term of ['gap', 'a2', 'ab', 'b2'] as const) total[term][point] += gaps[term][place] / shares;
    }
  }
}

function gather(rows: Float64Array, members: Int32Array, dims: number): Float64Array {
  const gathered = new Float64Array(members.length * dims);
  for (const [at, member] of members.entries())
    gathered.set(rows.subarray(member * dims, (member + 1) * dims), at * dims);
  return gathered;
}
