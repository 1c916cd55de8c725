import type { Device } from '@attribution-bench/onnx';

/** What computes, as users choose it: ONNX Runtime on the processor, TensorFlow.js, or ONNX Runtime on a device. */
export type EngineName = 'onnx' | 'tfjs' | `onnx-${Device}`;

/** The device of an engine; undefined: the processor. */
export function deviceOf(engine: EngineName): Device | undefined {
  return engine === 'onnx' || engine === 'tfjs' ? undefined : (engine.slice('onnx-'.length) as Device);
}
