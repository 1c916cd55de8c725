const { dirname } = require('node:path');
const { layerOf } = require('../layers.cjs');

/** Own sources, those of packages it builds on, and the settings that all share. */
const builtFrom = ['sources', '^sources', 'settings'];
/** And what its tests read. */
const testedWith = ['default', '^sources', 'settings', 'fixtures'];
/** What the tests of a layer read of packages that it does not depend on, and of the workspace. */
const readBesides = (layer, methods) => {
  if (layer === 'leaderboard') return ['{workspaceRoot}/results/boards/**/*'];
  // Its grids name methods. This is about the cache only: a change in a method affects the tests of that method alone.
  if (layer === 'runner') return [{ input: 'sources', projects: methods }];
  return [];
};

/**
 * Gives every package the same targets. Nx knows from the manifests which packages build on which, so
 * `nx affected -t test` runs the tests that a change can reach and no others.
 */
exports.createNodes = [
  'packages/*/package.json',
  (manifests) => {
    const folders = manifests.map((manifest) => dirname(manifest));
    const methods = folders
      .filter((folder) => layerIn(folder) === 'method')
      .map((folder) => `${scope}${nameIn(folder)}`);
    return manifests.map((manifest, at) => [manifest, { projects: projectIn(folders[at], methods) }]);
  },
];

const scope = '@attribution-bench/';
const nameIn = (folder) => folder.slice('packages/'.length);
const layerIn = (folder) => layerOf(nameIn(folder));

function projectIn(folder, methods) {
  const layer = layerIn(folder);
  return {
    [folder]: {
      tags: [`layer:${layer}`],
      targets: {
        build: { ...cached(`tsc -b ${folder}`, builtFrom), dependsOn: ['^build'], outputs: ['{projectRoot}/dist'] },
        test: {
          ...cached(`vitest run --passWithNoTests ${folder}/`, [...testedWith, ...readBesides(layer, methods)]),
          dependsOn: [{ projects: 'workspace', target: 'build' }],
        },
        typecheck: {
          ...cached(`node tools/scripts/typecheck-package.mjs ${folder}`, testedWith),
          dependsOn: ['build', '^build'],
        },
        lint: cached(`biome check ${folder}`, ['default', 'settings']),
      },
    },
  };
}

function cached(command, inputs) {
  return { executor: 'nx:run-commands', options: { command, cwd: '{workspaceRoot}' }, cache: true, inputs };
}
