import '../telemetry-off.js';
import { BenchError, type NumericArray, sizeOf } from '@attribution-bench/contract';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { checkFeeds, type TensorSpec, type TensorSpecs } from '../feeds.js';
import { buildGraph, type Graph, type Program } from '../program.js';
import { runtimeOptions, tensorOf } from '../session.js';
import type { Device } from './device.js';
import { deviceFailure } from './device-failure.js';

/** A loop as graphs that each do a fixed number of its steps. */
export interface UnrolledLoop {
  /** What a step hands to the next. */
  readonly carry: TensorSpecs;
  /** What every step sees unchanged. */
  readonly shared: TensorSpecs;
  /** One step's slice of what is fed step by step; the graphs take [steps, ...shape]. */
  readonly each: TensorSpecs;
  /**
   * By falling numbers of steps; the last one does a single step. Their outputs are called by {@link carriedName} and
   * {@link emittedName}, the emitted ones [steps, ...shape].
   */
  readonly graphs: readonly { readonly steps: number; readonly graph: Graph }[];
}

const emittedPrefix = 'emitted:';
/** How outputs of the graphs of a loop are called, in ONNX too, where no output may be called like an input. */
export const carriedName = (name: string): string => `carried:${name}`;
export const emittedName = (name: string): string => `${emittedPrefix}${name}`;

type Tensors = Record<string, Tensor>;

/**
 * Opens a loop on a device whose runtime knows no loops: run by run, the carried and the shared arrays stay in the memory of
 * the device, and what steps emit comes back after each run. Feeds and outputs are those of the loop as a single graph.
 * Only one program of a process may run on the device at a time. Throws a BenchError when the device is missing or refuses.
 */
export async function openLoop({ carry, shared, each, graphs }: UnrolledLoop, device: Device): Promise<Program> {
  const loaded: InferenceSession[] = [];
  const load = async (graph: Graph, held: boolean): Promise<InferenceSession> => {
    const session = await loadGraph(graph, device, held);
    loaded.push(session);
    return session;
  };
  const release = async (): Promise<void> => {
    for (const session of loaded.splice(0)) await session.release();
  };
  const inputs = { ...carry, ...mapValues(each, stackOf), ...shared };
  const emitted = Object.entries(graphs[graphs.length - 1].graph.outputs)
    .filter(([name]) => name.startsWith(emittedPrefix))
    .map(([name, { shape, dtype }]) => ({
      name: name.slice(emittedPrefix.length),
      spec: { shape: shape.slice(1), dtype },
    }));
  try {
    const upload = await load(copying({ ...carry, ...shared }), true);
    const download = await load(copying(carry), false);
    const runs: { readonly steps: number; readonly session: InferenceSession }[] = [];
    for (const { steps, graph } of graphs) runs.push({ steps, session: await load(graph, true) });
    return {
      inputs,
      outputs: { ...carry, ...Object.fromEntries(emitted.map(({ name, spec }) => [name, stackOf(spec)])) },
      async run(feeds) {
        if (loaded.length === 0)
          throw new BenchError({ code: 'PROGRAM_RELEASED', message: 'the program was released' });
        const arrays = checkFeeds({ inputs, stepwise: Object.keys(each) }, feeds);
        const total = arrays[Object.keys(each)[0]].shape[0];
        const stacks = Object.fromEntries(
          emitted.map(({ name, spec }) => [name, emptyArray(spec.dtype, total * sizeOf(spec.shape))]),
        );
        const start = mapValues({ ...carry, ...shared }, (_, name) => tensorOf(arrays[name]));
        const held = carriedOf(await compute(upload, start), { ...carry, ...shared });
        try {
          for (let from = 0; from < total; ) {
            const { steps, session } = runs.find((one) => one.steps <= total - from) ?? runs[runs.length - 1];
            const slices = mapValues(each, ({ shape }, name) => {
              const size = sizeOf(shape);
              return tensorOf({
                shape: [steps, ...shape],
                data: arrays[name].data.subarray(from * size, (from + steps) * size),
              });
            });
            const results = await compute(session, { ...held, ...slices });
            for (const name of Object.keys(carry)) {
              held[name].dispose();
              held[name] = results[carriedName(name)];
            }
            for (const [name, stack] of Object.entries(stacks))
              stack.set(results[emittedName(name)].data as Float32Array, (from * stack.length) / total);
            from += steps;
          }
          const final = carriedOf(
            await compute(
              download,
              mapValues(carry, (_, name) => held[name]),
            ),
            carry,
          );
          return { ...mapValues(final, ({ data }) => data as NumericArray), ...stacks };
        } finally {
          for (const tensor of Object.values(held)) tensor.dispose();
        }
      },
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

function stackOf({ shape, dtype }: TensorSpec): TensorSpec {
  return { shape: [-1, ...shape], dtype };
}

/** @param held whether an output stays in the memory of the device */
async function loadGraph({ onnx, outputs }: Graph, device: Device, held: boolean): Promise<InferenceSession> {
  const preferredOutputLocation = mapValues(outputs, (_, name) =>
    held && !name.startsWith(emittedPrefix) ? ('gpu-buffer' as const) : ('cpu' as const),
  );
  try {
    return await InferenceSession.create(onnx, { ...runtimeOptions({ device }), preferredOutputLocation });
  } catch (cause) {
    throw await deviceFailure(device, onnx, cause);
  }
}

async function compute(session: InferenceSession, feeds: Tensors): Promise<Tensors> {
  try {
    return (await session.run(feeds)) as Tensors;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BenchError({ code: 'PROGRAM_FAILED', message: `ONNX Runtime failed: ${reason}`, cause });
  }
}

/** A graph that gives what it is fed: its arrays come out in the memory of the device, or of the processor. */
function copying(specs: TensorSpecs): Graph {
  const entries = Object.entries(specs).map(([name, { shape, dtype }]) => ({ name, shape, type: dtype }));
  return buildGraph({
    inputs: entries,
    outputs: entries.map((entry) => ({ ...entry, name: carriedName(entry.name) })),
    nodes: entries.map(({ name }) => ({ op: 'Identity', inputs: [name], outputs: [carriedName(name)] })),
  });
}

/** The carried arrays of what a graph gave, under the names that the next run is fed them by. */
function carriedOf(results: Tensors, carry: TensorSpecs): Tensors {
  return mapValues(carry, (_, name) => results[carriedName(name)]);
}

function emptyArray(dtype: string, size: number): NumericArray {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
