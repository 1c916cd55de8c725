import { channelBlock, openGraph } from '@attribution-bench/onnx';
import { compile, compileScan, type Processor } from '../compile/compile.js';
import type { Engine } from './engine.js';

const thisProcessor = async (): Promise<Processor> => ({ channelBlock: await channelBlock() });

/** Compiles to ONNX for this processor and runs ONNX Runtime: the engine of choice. */
export const onnxEngine: Engine = {
  id: 'onnx',
  program: async (fn, inputs) => openGraph(compile(fn, inputs, await thisProcessor())),
  scan: async (body, spec) => openGraph(compileScan(body, spec, await thisProcessor())),
};
