export * from './board.js';
export { makeBoard } from './make-board.js';
export { makeCosts } from './make-costs.js';
