import { type ExecFileException, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Device, deviceMissing, shortened } from './device.js';

/** Whether a device can be opened here. */
export interface DeviceStatus {
  readonly available: boolean;
  /** Why not, in ONNX Runtime's words where it has any. */
  readonly reason?: string;
}

const limitMs = 20_000;

/**
 * Opens a device and computes on it, in a process of its own: a driver may hang, or take its process with it. That process
 * gets a limited time and is ended after it.
 */
export async function inspectDevice(device: Device): Promise<DeviceStatus> {
  const missing = device === 'cuda' ? missingCudaFiles() : [];
  if (missing.length > 0) return { available: false, reason: `${missing.join(' and ')} not found in onnxruntime-node` };
  const { error, stderr } = await tryElsewhere(device);
  return error === undefined ? { available: true } : { available: false, reason: reasonOf(error, stderr) };
}

/** The operators of a graph for which the device has no kernel, by their names; none where that cannot be found out. */
export async function refusedOperators(device: Device, onnx: Uint8Array): Promise<string[]> {
  const { stderr } = await tryElsewhere(device, onnx);
  const found = [...stderr.matchAll(/kernel not found in registries for Op type: (\w+)/g)].map(([, op]) => op);
  return [...new Set(found)].sort();
}

/** @param onnx a model that is only opened, with ONNX Runtime saying what it does; absent: one of its own, which is run */
async function tryElsewhere(
  device: Device,
  onnx?: Uint8Array,
): Promise<{ readonly error?: ExecFileException; readonly stderr: string }> {
  // The child needs JavaScript, whatever runs this.
  const built = import.meta.url.endsWith('.ts') ? '../../dist/devices' : '.';
  const script = fileURLToPath(new URL(`${built}/try-device.js`, import.meta.url));
  const args = [script, device, ...(onnx === undefined ? [] : ['model'])];
  const limits = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 2 ** 28 } as const;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, limits, (error, _, stderr) =>
      resolve({ stderr, ...(error !== null && { error }) }),
    );
    // A child that ends before it has read everything closes the pipe: what counts is how it ended.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(onnx);
  });
}

/** @throws BenchError DEVICE_MISSING when the device cannot be opened here */
export async function requireDevice(device: Device): Promise<void> {
  const { available, reason } = await inspectDevice(device);
  if (!available) throw deviceMissing(device, reason ?? 'it does not answer');
}

/** What ONNX Runtime's CUDA provider consists of and is not there: files that the install script of onnxruntime-node fetches. */
function missingCudaFiles(): string[] {
  const library = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const folder = join(library, 'bin/napi-v6', process.platform, process.arch);
  const [prefix, suffix] = process.platform === 'win32' ? ['', '.dll'] : ['lib', '.so'];
  return ['shared', 'cuda']
    .map((part) => `${prefix}onnxruntime_providers_${part}${suffix}`)
    .filter((file) => !existsSync(join(folder, file)));
}

function reasonOf({ killed, signal, code }: ExecFileException, stderr: string): string {
  if (killed === true) return `no answer in ${limitMs / 1000} s`;
  const said = stderr.split('\n').findLast((line) => line.startsWith(answerPrefix));
  if (said !== undefined) return shortened(said.slice(answerPrefix.length));
  return `the process that tried it ended with ${signal ?? `exit code ${code}`}`;
}

/** What the child puts before its answer, among what drivers print. */
export const answerPrefix = 'device: ';
