export {
  type Device,
  type DeviceStatus,
  helperSeconds,
  inspectDevice,
  profileSessions,
  requireDevice,
  type Threads,
} from '@attribution-bench/onnx';
export * from './compile/compile.js';
export { type NetworkFile, networkFile } from './compile/network-file.js';
export { deviceEngine } from './engines/device-engine.js';
export * from './engines/eager-engine.js';
export * from './engines/engine.js';
export * from './engines/engine-name.js';
export * from './engines/onnx-engine.js';
export * from './engines/tfjs-node.js';
export type { ScanBody, ScanSpec, StepResult, TensorFunction, Tensors } from './functions.js';
