import { type Device, openGraph, openLoop } from '@attribution-bench/onnx';
import { compile, compileScan, type Processor } from '../compile/compile.js';
import { compileSteps } from '../compile/compile-steps.js';
import { forWebgpu } from '../graph/for-webgpu.js';
import type { Engine } from './engine.js';

/** Steps in one run where the device's runtime has no loops: fewer runs, and longer compilation. */
const stepsAtOnce = 4;

/**
 * Compiles to ONNX and runs ONNX Runtime on a device, all of it: what the device cannot run is refused, never moved to the
 * processor. Programs of one process must run one after the other.
 */
export function deviceEngine(device: Device): Engine {
  return device === 'webgpu' ? webgpuEngine : cudaEngine;
}

const forWebgpuOnly: Processor = { channelBlock: 1, rewriting: forWebgpu };

/** Knows no loops, so that steps are unrolled and what they carry stays on the device between runs. */
const webgpuEngine: Engine = {
  id: 'onnx-webgpu',
  program: async (fn, inputs) => openGraph(compile(fn, inputs, forWebgpuOnly), { device: 'webgpu' }),
  async scan(body, spec) {
    const graphs = [stepsAtOnce, 1].map((steps) => ({ steps, graph: compileSteps(body, spec, steps, forWebgpuOnly) }));
    return openLoop({ ...spec, graphs }, 'webgpu');
  },
};

/** Has loops and the operators of the processor: the same graphs. */
const cudaEngine: Engine = {
  id: 'onnx-cuda',
  program: async (fn, inputs) => openGraph(compile(fn, inputs), { device: 'cuda' }),
  scan: async (body, spec) => openGraph(compileScan(body, spec), { device: 'cuda' }),
};
