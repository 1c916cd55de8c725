import { isMainThread } from 'node:worker_threads';
import { tf } from '../tensorflow.js';
import { installNativePadding } from './native-padding.js';

/** Whether the eager native engine can be used here, and if not why and how to get it. */
export interface TfjsNodeStatus {
  readonly available: boolean;
  readonly version?: string;
  readonly reason?: string;
  readonly next?: string;
}

const packageName: string = '@tensorflow/tfjs-node';
const wantedVersion = '4.22.0';

/**
 * What the library reads from the environment when it is loaded: no notes and warnings of its own on standard error (its
 * errors are thrown), and one thread for each of ours, of which a run starts as many as there are cores.
 */
const nativeSettings = {
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
} as const;

/** Whether this thread's library has been told how to pad. */
let padded = false;

/**
 * Loads @tensorflow/tfjs-node if it is installed and its native library is there. Whoever wants it installs it
 * beside the bench; npm may install it without the library, where its download of libtensorflow fails.
 */
export async function tfjsNodeStatus(): Promise<TfjsNodeStatus> {
  const before = tf.engine().backendName;
  // Only the main thread of a process can set what a native library sees of the environment; it loads the library first.
  if (isMainThread) for (const [name, value] of Object.entries(nativeSettings)) process.env[name] ??= value;
  try {
    const loaded: { version?: Record<string, string> } = await import(packageName);
    const version = loaded.version?.['tfjs-node'];
    if (!padded) installNativePadding();
    padded = true;
    return { available: tf.findBackend('tensorflow') != null, ...(version === undefined ? {} : { version }) };
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    return missing
      ? {
          available: false,
          reason: `${packageName} is not installed`,
          next: `npm install --no-save ${packageName}@${wantedVersion}, whose install script downloads libtensorflow`,
        }
      : {
          available: false,
          reason: `${packageName} is installed without its native library`,
          next: `npm run install in node_modules/${packageName} downloads libtensorflow, tools/scripts/build-tfjs-node.mjs builds it`,
        };
  } finally {
    if (before != null) await tf.setBackend(before);
  }
}
