export * from './cholesky.js';
export * from './matmul.js';
export * from './projection.js';
export * from './rank.js';
export * from './ridge-kernel.js';
export * from './row-blocks.js';
export * from './squared-distances.js';
export * from './transpose.js';
