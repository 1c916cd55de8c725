import { tf } from '../tensorflow.js';

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
 * Loads @tensorflow/tfjs-node if it is installed and its native library is there. It is an optional dependency: npm
 * leaves it out when its download of libtensorflow fails, or installs it without the library.
 */
export async function tfjsNodeStatus(): Promise<TfjsNodeStatus> {
  const before = tf.engine().backendName;
  try {
    const loaded: { version?: Record<string, string> } = await import(packageName);
    const version = loaded.version?.['tfjs-node'];
    return { available: tf.findBackend('tensorflow') != null, ...(version === undefined ? {} : { version }) };
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    return missing
      ? {
          available: false,
          reason: `${packageName} is not installed`,
          next: `npm install --no-save ${packageName}@${wantedVersion}; its install script downloads libtensorflow`,
        }
      : {
          available: false,
          reason: `${packageName} is installed without its native library`,
          next: `cd node_modules/${packageName} && npm run install, which downloads libtensorflow`,
        };
  } finally {
    if (before != null) await tf.setBackend(before);
  }
}
