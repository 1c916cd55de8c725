const { dirname } = require('node:path');
const { layerOf } = require('../layers.cjs');

/** Own sources, those of packages it builds on, and the settings that all share. */
const builtFrom = ['sources', '^sources', 'settings'];
/** And what its tests read. */
const testedWith = ['default', '^sources', 'settings'];

/**
 * Gives every package the same targets. Nx knows from the manifests which packages build on which, so
 * `nx affected -t test` runs the tests that a change can reach and no others.
 */
exports.createNodes = [
  'packages/*/package.json',
  (manifests) => manifests.map((manifest) => [manifest, { projects: projectIn(dirname(manifest)) }]),
];

function projectIn(folder) {
  const layer = layerOf(folder.slice('packages/'.length));
  return {
    [folder]: {
      tags: [`layer:${layer}`],
      targets: {
        build: { ...cached(`tsc -b ${folder}`, builtFrom), dependsOn: ['^build'], outputs: ['{projectRoot}/dist'] },
        test: {
          ...cached(`vitest run --passWithNoTests ${folder}/`, testedWith),
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
