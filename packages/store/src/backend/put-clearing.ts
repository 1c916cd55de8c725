import type { Backend, PutOptions } from './backend.js';

/**
 * Puts an object; where that fails because something else stands in its place or in that of a folder on the way,
 * `setAside` moves that and it is tried once more.
 * @throws BenchError as {@link Backend.put}
 */
export async function putClearing(
  backend: Backend,
  name: string,
  parts: readonly Uint8Array[],
  setAside: (name: string, reason: string) => Promise<unknown>,
  options?: PutOptions,
): Promise<void> {
  try {
    await backend.put(name, parts, options);
  } catch (error) {
    const obstacle = await backend.obstacle(name);
    if (obstacle === undefined) throw error;
    await setAside(obstacle.name, obstacle.reason);
    await backend.put(name, parts, options);
  }
}
