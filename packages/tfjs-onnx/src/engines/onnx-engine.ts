import { openGraph } from '@attribution-bench/onnx';
import { compile, compileScan } from '../compile/compile.js';
import type { Engine } from './engine.js';

/** Compiles to ONNX and runs ONNX Runtime: the engine of choice. */
export const onnxEngine: Engine = {
  id: 'onnx',
  program: async (fn, inputs) => openGraph(compile(fn, inputs)),
  scan: async (body, spec) => openGraph(compileScan(body, spec)),
};
