export * from './board.js';
export { boardFiles } from './board-files.js';
export { makeBoard } from './make/make-board.js';
export { makeCosts } from './make/make-costs.js';
export { renderCsv } from './text/csv.js';
export { renderMarkdown } from './text/markdown.js';
export { renderTerminal, type TerminalOptions } from './text/terminal.js';
