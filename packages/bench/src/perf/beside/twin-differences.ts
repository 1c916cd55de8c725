import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import type { LoadedCheckpoint, Task } from '@attribution-bench/tasks';
import { contextAt } from '../tasks.js';

/** How far a twin is from the bench's network. */
export interface TwinDifferences {
  /** Of the mean training loss, as a share of it. */
  readonly loss: number;
  /** Length of the difference of its gradient, as a share of the gradient's. */
  readonly gradient: number;
  /**
   * Length of the difference of the trained parameters as a share of how far training moved them, the largest of all ways to
   * train. Absent of generators, whose training noise is not exported.
   */
  readonly training?: number;
}

/**
 * What rounding to float32 may do. Where it decides on which side of a ReLU or in which place of a maximum a number is, a gradient
 * takes another path: PyTorch in float32 is as far from itself in float64, up to 0.003 of the gradient of these networks. The loss
 * does not, and holds the function itself.
 */
const most = { loss: 1e-5, gradient: 1e-2, training: 1e-2 } as const;

/** A model that the bench trained. */
interface TrainedOurs {
  readonly task: Task;
  readonly checkpoint: LoadedCheckpoint;
  /** Parameters that its training run started from. */
  readonly start: Float32Array;
  /** Time steps of a generator that the loss is compared at; of others none. */
  readonly timesteps: readonly number[];
}

/**
 * Compares what a twin wrote into a folder with what the bench computes.
 * @throws BenchError TWIN_DIFFERS
 */
export async function twinDifferences(
  name: string,
  folder: string,
  { task, checkpoint, start, timesteps }: TrainedOurs,
  ways: readonly string[],
): Promise<TwinDifferences> {
  const read = (file: string): Float64Array => {
    const bytes = readFileSync(join(folder, file));
    return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  };
  const { loss, gradient } = await meanLoss(task, checkpoint, timesteps);
  const trained = task.info.kind === 'generator' ? [] : ways.map((way) => read(`trained.${way}`));
  const found: TwinDifferences = {
    loss: Math.abs(read('loss')[0] - loss) / Math.abs(loss),
    gradient: length(difference(read('gradient'), gradient)) / length(gradient),
    ...(trained.length > 0 && {
      training: Math.max(
        ...trained.map(
          (end) => length(difference(end, checkpoint.parameters)) / length(difference(start, checkpoint.parameters)),
        ),
      ),
    }),
  };
  for (const [what, share] of Object.entries(found))
    if (!(share <= most[what as keyof typeof most]))
      throw new BenchError({
        code: 'TWIN_DIFFERS',
        place: `perf --beside torch ${name}`,
        message: `the network in PyTorch is another one: its ${what} differs by ${share.toPrecision(2)} of what it is`,
        next: 'install the Python client of the version of this bench',
      });
  return found;
}

/** Mean loss of the training points, and its gradient. */
async function meanLoss(
  task: Task,
  checkpoint: LoadedCheckpoint,
  timesteps: readonly number[],
): Promise<{ loss: number; gradient: Float64Array }> {
  const context = contextAt(task, checkpoint);
  const { train, parameters } = task.info;
  const request = { of: 'train', checkpoint, output: 'loss', ...(timesteps.length > 0 && { timesteps }) } as const;
  const losses = await context.outputs(request);
  const gradient = new Float64Array(parameters);
  for await (const { rows, data } of context.gradients(request))
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < parameters; i++) gradient[i] += data[row * parameters + i] / train;
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / train, gradient };
}

type Numbers = Float32Array | Float64Array;

/** @throws BenchError TWIN_DIFFERS where one has more numbers than the other */
function difference(a: Numbers, b: Numbers): Float64Array {
  if (a.length !== b.length)
    throw new BenchError({
      code: 'TWIN_DIFFERS',
      place: 'perf --beside torch',
      message: `the network in PyTorch is another one: it has ${a.length} parameters, and the bench's ${b.length}`,
      next: 'install the Python client of the version of this bench',
    });
  return Float64Array.from(a, (value, i) => value - b[i]);
}

function length(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
