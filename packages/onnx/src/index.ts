export * from './channel-block.js';
export * from './feeds.js';
export * from './model.js';
export * from './program.js';
export * from './session.js';
