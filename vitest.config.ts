import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Tests of runs and of whole commands, and those that load the native library of TensorFlow, which then computes for everything
 * in its process.
 */
const apart = [
  'test/**/*.test.ts',
  'packages/{bench,runner}/test/**/*.test.ts',
  'packages/store/test/s3/*.test.ts',
  'packages/tasks/test/{convolution,native-engine,webgpu}.test.ts',
  'packages/tfjs-onnx/test/{compile,tfjs-node,webgpu}.test.ts',
];

export default defineConfig({
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    pool: 'forks',
    // Every core: vitest by itself leaves one to the program that it watches for, and most tests compute on one.
    maxWorkers: availableParallelism(),
    testTimeout: 120_000,
    hookTimeout: 240_000,
    projects: [
      { extends: true, test: { name: 'apart', include: apart } },
      // The files of a worker share its modules: loading TensorFlow.js and what lies on it takes longer than most files.
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['packages/*/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...apart],
          isolate: false,
        },
      },
    ],
  },
});
