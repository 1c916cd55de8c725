import { defineConfig, mergeConfig } from 'vitest/config';
import workspace from '../../../vitest.config.js';

export default mergeConfig(workspace, defineConfig({ test: { root: import.meta.dirname, include: ['**/*.sim.ts'] } }));
