import { openPointMemory, type PointMemory } from '../../steps/point-memory.js';

/** The points that the main thread of this process keeps for all of its threads. */
export const processPoints: PointMemory = openPointMemory();
