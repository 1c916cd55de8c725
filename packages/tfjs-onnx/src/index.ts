export * from './compile.js';
export * from './runtime.js';
