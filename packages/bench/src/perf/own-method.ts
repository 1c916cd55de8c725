import type { Method } from '@attribution-bench/contract';
import { loadMethod } from '@attribution-bench/runner';
import { importAuthored } from '@attribution-bench/tasks';

/** A method of this project, by its name in a grid. */
export async function ownMethod(name: string): Promise<Method> {
  const { file } = await loadMethod(name, process.cwd());
  return (await importAuthored('method', file, name)) as Method;
}
