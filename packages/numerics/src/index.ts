export * from './cholesky.js';
export * from './matmul.js';
export * from './transpose.js';
