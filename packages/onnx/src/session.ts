import './telemetry-off.js';
import { dtypeOf, type NdArray } from '@attribution-bench/contract';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Device } from './devices/device.js';

export interface SessionOptions {
  /** Folder of the files in which the model keeps its weights, where they are not in the model itself. */
  readonly weightsFolder?: string;
  /** Whether memory is laid out ahead by the sizes of the first run: not where sizes change from run to run. */
  readonly memoryPattern?: boolean;
  /** Write ONNX Runtime's own profile to a file with this prefix when the session is released. */
  readonly profile?: string;
  /** How many threads an operator is shared among; default 1. */
  readonly threads?: number;
  /** Compute everything there; absent: on the processor. A model that has parts which the device cannot run is refused. */
  readonly device?: Device;
}

/** One input that a model declares. */
export interface ModelInput {
  readonly name: string;
  /** ONNX Runtime's name of its element type; undefined where it is not a tensor. */
  readonly type?: string;
  /** Sizes, and the names of those that are free. */
  readonly shape: readonly (number | string)[];
}

/** One array that a model computed, whatever its element type is. */
export interface ModelOutput {
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: Tensor['data'];
}

let profiles: string | undefined;

/** From now on every session of this process writes a profile when it is released, to a file with this prefix. */
export function profileSessions(prefix: string): void {
  profiles = prefix;
}

/** A model that ONNX Runtime has loaded. */
export interface Session {
  readonly inputs: readonly ModelInput[];
  readonly outputNames: readonly string[];
  /**
   * Computes the named outputs, into the arrays given for them or, where that is null, into new ones. Blocks its thread
   * while it computes. Throws ONNX Runtime's error when the feeds do not fit the model.
   */
  run(
    feeds: Readonly<Record<string, NdArray>>,
    outputs: Readonly<Record<string, NdArray | null>>,
  ): Promise<Record<string, ModelOutput>>;
  release(): Promise<void>;
}

/**
 * Loads an ONNX model: on one thread, where `threads` is not given, and with denormals flushed to zero (training slows down
 * several times on them), so that the same feeds give the same bytes. Throws ONNX Runtime's error when it refuses the model,
 * and logs nothing itself.
 */
export async function openSession(model: Uint8Array, given: SessionOptions = {}): Promise<Session> {
  const options = profiles === undefined ? given : { ...given, profile: profiles };
  const session = await InferenceSession.create(model, runtimeOptions(options));
  return {
    inputs: session.inputMetadata.map((input) => ({
      name: input.name,
      shape: input.isTensor ? input.shape : [],
      ...(input.isTensor ? { type: input.type } : {}),
    })),
    outputNames: session.outputNames,
    async run(feeds, outputs) {
      const fetches = mapValues(outputs, (array) => (array === null ? null : tensorOf(array)));
      const results = await session.run(mapValues(feeds, tensorOf), fetches);
      return mapValues(results, ({ type, dims, data }) => ({ type, shape: dims, data }));
    },
    async release() {
      if (options.profile !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

/** The settings of ONNX Runtime for a session. */
export function runtimeOptions(given: SessionOptions) {
  const { weightsFolder, memoryPattern = true, profile, threads = 1, device } = given;
  const session: Record<string, string> = { set_denormal_as_zero: '1' };
  // Helping threads sleep while there is nothing for them: they may share their cores with other steps and programs.
  if (threads > 1) session['session.intra_op.allow_spinning'] = '0';
  if (device !== undefined) session.disable_cpu_ep_fallback = '1';
  if (weightsFolder !== undefined) session.model_external_initializers_file_folder_path = weightsFolder;
  const options: InferenceSession.SessionOptions = {
    executionProviders: [device ?? 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: memoryPattern,
    logSeverityLevel: 4,
    extra: { session },
  };
  return profile === undefined ? options : { ...options, enableProfiling: true, profileFilePrefix: profile };
}

/** An array as ONNX Runtime takes it, not copied. */
export function tensorOf({ data, shape }: NdArray): Tensor {
  return new Tensor(dtypeOf(data), data as Float32Array, shape);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
