/**
 * Finds unused files, exports and dependencies. With `--production` tests do not count as users, so that what only tests
 * use is found too; there an export that its own file uses is alive, since tests may look at the parts of a file.
 */
const production = process.argv.includes('--production');

const ofPackage = (...entries) => ({
  entry: [...entries.map((entry) => `${entry}!`), 'test/**/*.js'],
  project: ['{bin,src,templates}/**/*.{ts,js,cjs}!', 'test/**/*.{ts,js}'],
});
/** A package that only packages of this workspace import: what none of them takes from its index is dead. */
const internal = (...entries) => ({ ...ofPackage(...entries), includeEntryExports: production });

export default {
  ignoreExportsUsedInFile: production ? true : { interface: true, type: true },
  // Targets of Nx and the commit hook run them; they are development dependencies of the root.
  ignoreBinaries: production ? ['biome', 'tsc', 'vitest'] : [],
  workspaces: {
    '.': {
      // VitePress reads them; what pages import of them it finds by itself.
      entry: ['docs/*.data.ts', 'docs/.vitepress/config.ts'],
      project: ['*.{ts,js,cjs}', 'docs/**/*.ts', 'test/**/*.ts'],
    },
    'packages/*': internal('src/index.ts'),
    // Authors of methods, metrics, models and data sets import these two.
    'packages/contract': ofPackage('src/index.ts'),
    'packages/testkit': ofPackage('src/index.ts'),
    // Programs that exchange tasks and scores with this one import it.
    'packages/exchange': ofPackage('src/index.ts'),
    'packages/method-*': ofPackage('src/*.ts'),
    'packages/onnx': internal('src/index.ts', 'src/devices/try-device.ts'),
    'packages/runner': internal('src/index.ts', 'src/slurm/index.ts', 'src/entries/*.ts'),
    'packages/bench': {
      ...ofPackage('src/bench.ts', 'src/perf/child.ts', 'templates/render.cjs'),
      // It brings the methods, and finds them by their names.
      ignoreDependencies: ['@attribution-bench/method-.*'],
    },
    tools: {
      entry: [
        'executors/*/*.cjs!',
        'generators/*/method.cjs!',
        'plugins/*.cjs!',
        'release-versions.cjs!',
        'scripts/*.mjs!',
        'layers.cjs!',
      ],
      project: ['**/*.{cjs,mjs}!'],
    },
  },
};
