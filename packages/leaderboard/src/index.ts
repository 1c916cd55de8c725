export * from './board.js';
export { makeBoard } from './make/make-board.js';
export { makeCosts } from './make/make-costs.js';
