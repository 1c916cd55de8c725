import { BenchError } from '@attribution-bench/contract';

/** What ONNX Runtime can compute on besides the processor, by its names for them. */
export type Device = 'webgpu' | 'cuda';

export function deviceMissing(device: Device, reason: string, cause?: unknown): BenchError {
  return new BenchError({
    code: 'DEVICE_MISSING',
    place: `--device ${device}`,
    message: `cannot be opened: ${reason}`,
    next: '`bench doctor` says what this machine lacks',
    cause,
  });
}

/** ONNX Runtime's message without the file and the function of its source that lead it. */
export function shortened(said: string): string {
  return said
    .replace(/\s+/g, ' ')
    .replace(/^\/onnxruntime_src\/.* was false\. /, '')
    .trim();
}
