import { channelBlock, type Graph, openElastic, openGraph, type Program, type Threads } from '@attribution-bench/onnx';
import { compile, compileScan, type Processor } from '../compile/compile.js';
import { forThreads } from '../graph/divisible.js';
import { threadsAtMost } from '../graph/same-bytes.js';
import type { Engine } from './engine.js';

const thisProcessor = async (): Promise<Processor> => ({
  channelBlock: await channelBlock(),
  rewriting: forThreads,
});

/** Compiles to ONNX for this processor and runs ONNX Runtime on one thread: the engine of choice. */
export const onnxEngine: Engine = onnxEngineOn(() => 1);

/** Elsewhere nobody has looked which sums ONNX Runtime cuts for threads. */
const mayDivide = process.arch === 'x64';

/** {@link onnxEngine} on as many threads as there are at the time, where that is faster and changes no byte. */
export function onnxEngineOn(threads: Threads): Engine {
  const open = (graph: Graph): Promise<Program> =>
    mayDivide && graph.divisible ? openElastic(graph, () => Math.min(threads(), threadsAtMost)) : openGraph(graph);
  return {
    id: 'onnx',
    program: async (fn, inputs) => open(compile(fn, inputs, await thisProcessor())),
    scan: async (body, spec) => open(compileScan(body, spec, await thisProcessor())),
  };
}
