export * from './compile.js';
export * from './engines.js';
export * from './runtime.js';
export * from './tfjs-node.js';
