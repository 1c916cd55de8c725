import { isMainThread } from 'node:worker_threads';
import { BenchError } from '@attribution-bench/contract';

/**
 * ONNX Runtime collects events of its use, keeps them in the user's cache folder and sends them to its makers, unless this
 * variable is 1 when the library is loaded. Only the main thread of a process can set what a native library sees: worker
 * threads inherit it.
 */
const variable = 'ORT_DISABLE_TELEMETRY';

if (isMainThread) process.env[variable] = '1';
else if (process.env[variable] !== '1') {
  throw new BenchError({
    code: 'TELEMETRY_ON',
    message: `ONNX Runtime would be loaded with its telemetry on, which a worker thread cannot turn off`,
    next: `import this package in the main thread first, or start the process with ${variable}=1`,
  });
}
