export * from './compile/compile.js';
export { type NetworkFile, networkFile } from './compile/network-file.js';
export * from './engines/eager-engine.js';
export * from './engines/engine.js';
export * from './engines/onnx-engine.js';
export * from './engines/tfjs-node.js';
export type { ScanBody, ScanSpec, StepResult, TensorFunction, Tensors } from './functions.js';
