import { BenchError, fileNameProblem, isObject, type Method } from '@attribution-bench/contract';

/** Imports a method's module. @throws BenchError METHOD_BROKEN or METHOD_INVALID */
export async function importMethod(url: string, use: string): Promise<Method> {
  let module: { default?: unknown };
  try {
    module = await import(url);
  } catch (error) {
    throw new BenchError({
      code: 'METHOD_BROKEN',
      message: `method "${use}" cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      next: 'see --debug for where it throws',
      cause: error,
    });
  }
  const method = module.default;
  const lacks = isObject(method) ? missingParts(method) : ['a default export'];
  const misnamed = isObject(method) && typeof method.id === 'string' ? fileNameProblem(method.id) : undefined;
  if (misnamed !== undefined)
    throw new BenchError({ code: 'METHOD_INVALID', message: `the id of method "${use}" is no name: ${misnamed}` });
  if (lacks.length > 0)
    throw new BenchError({
      code: 'METHOD_INVALID',
      message: `"${use}" is not a method: it lacks ${lacks.join(', ')}`,
      next: 'its default export must come from defineMethod of @attribution-bench/contract',
    });
  return method as Method;
}

const parts = {
  id: 'string',
  title: 'string',
  scoreShape: 'string',
  revision: 'number',
  params: 'object',
  needs: 'object',
  tasks: 'object',
  uses: 'function',
  supports: 'function',
  fit: 'function',
  score: 'function',
} as const;

function missingParts(method: Record<string, unknown>): string[] {
  return Object.entries(parts).flatMap(([name, type]) => (typeof method[name] === type ? [] : [name]));
}
