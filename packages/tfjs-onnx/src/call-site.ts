import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError } from '@attribution-bench/contract';

const ownDirectory = dirname(fileURLToPath(import.meta.url));

/** Where the user's code is in a stack: the innermost frame outside this package, its dependencies and Node itself. */
function callSite(stack = ''): string | undefined {
  for (const line of stack.split('\n')) {
    const place = /\(?((?:file:\/\/)?\/[^()]*|[A-Za-z]:\\[^()]*):(\d+):(\d+)\)?$/.exec(line.trim());
    if (place === null) continue;
    const file = place[1].startsWith('file://') ? fileURLToPath(place[1]) : place[1];
    if (file.includes('node_modules') || file.startsWith(ownDirectory)) continue;
    const near = relative(process.cwd(), file);
    return `${near.startsWith('..') ? file : near}:${place[2]}:${place[3]}`;
  }
  return undefined;
}

/** Runs with stacks deep enough to reach the user's code through TensorFlow.js. */
export function withDeepStacks<T>(action: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 200;
  try {
    return action();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The `place` of an error whose stack this is. */
export function placeOf(stack: string | undefined): { readonly place?: string } {
  const place = callSite(stack);
  return place === undefined ? {} : { place };
}

/** Turns an error from TensorFlow.js into one that says where in the user's code it arose. */
export function located(error: unknown): unknown {
  if (error instanceof BenchError || !(error instanceof Error)) return error;
  return new BenchError({ code: 'COMPILE_FAILED', message: error.message, cause: error, ...placeOf(error.stack) });
}
