import { type Graph, type GraphProgram, openGraph } from './program.js';

/** How many threads a program may compute on. Asked before each of its runs. */
export type Threads = () => number;

/** A graph is loaded for another number of threads once it has run for so many times as long as loading took. */
const worthLoading = 20;

let held = 0;

/**
 * Seconds for which programs opened by {@link openElastic} held other threads than the calling one, each counted, since this
 * thread of JavaScript began. For differences only.
 */
export function helperSeconds(): number {
  return held;
}

/**
 * Loads a graph that gives the same bytes on any number of threads. Its runs take as many as `threads` says: when that changes,
 * the graph is loaded again, so that its memory is held once, but no more often than loading is a trifle beside computing.
 */
export async function openElastic(graph: Graph, threads: Threads): Promise<GraphProgram> {
  let count = threads();
  const beganMs = performance.now();
  let program = openGraph(graph, { threads: count });
  const { inputs, outputs } = await program;
  const loadingMs = performance.now() - beganMs;
  let ranMs = Number.POSITIVE_INFINITY;
  let running = 0;

  /** The program for the threads of this moment; one that runs is never taken away. */
  function current(): Promise<GraphProgram> {
    const wanted = threads();
    if (running > 0 || wanted === count || ranMs < worthLoading * loadingMs) return program;
    count = wanted;
    ranMs = 0;
    program = program.then(async (before) => {
      await before.release();
      return openGraph(graph, { threads: wanted });
    });
    return program;
  }

  return {
    inputs,
    outputs,
    async run(feeds, into) {
      const opening = current();
      const helpers = count - 1;
      running++;
      try {
        const opened = await opening;
        const startMs = performance.now();
        const results = await opened.run(feeds, into);
        const tookMs = performance.now() - startMs;
        ranMs += tookMs;
        held += (helpers * tookMs) / 1000;
        return results;
      } finally {
        running--;
      }
    },
    release: async () => (await program).release(),
  };
}
