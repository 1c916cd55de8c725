const { existsSync, symlinkSync } = require('node:fs');
const { join } = require('node:path');
const { render } = require('../../../packages/bench/templates/render.cjs');
const { manifest, projectConfig } = require('./templates.cjs');

const idPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Writes packages/method-<id>, adds it to the root tsconfig.json and links it where the runner looks for packages by their
 * names, so that it can be built, tested and named in a grid at once.
 */
module.exports = async function method(tree, options) {
  const { id, title = titleOf(id), cite = 'unpublished', tasks = 'both', shape = 'pairwise', summary } = options;
  const folder = `packages/method-${id}`;
  if (!idPattern.test(id))
    throw new Error(`"${id}" is no method id: lower-case words joined by dashes, e.g. tracin-cp`);
  if (tree.exists(folder)) throw new Error(`${folder} exists already: choose another id, or edit that method`);
  const named = { id, title, cite, shape, tasks: tasks === 'both' ? ['classifier', 'generator'] : [tasks] };
  tree.write(`${folder}/package.json`, manifest({ ...named, summary }));
  tree.write(`${folder}/tsconfig.json`, projectConfig(named));
  tree.write(`${folder}/LICENSE`, tree.read('LICENSE'));
  for (const [path, text] of render('method', { ...named, use: id })) tree.write(`${folder}/${path}`, text);
  addReference(tree, folder);
  addDependency(tree, id);
  return () => {
    link(tree.root, id, folder);
    console.log(nextSteps(id, folder));
  };
};

function addReference(tree, folder) {
  const config = JSON.parse(tree.read('tsconfig.json', 'utf-8'));
  config.references.push({ path: folder });
  tree.write('tsconfig.json', `${JSON.stringify(config, undefined, 2)}\n`);
}

/** The command brings every method. */
function addDependency(tree, id) {
  const file = 'packages/bench/package.json';
  const manifest = JSON.parse(tree.read(file, 'utf-8'));
  manifest.dependencies[`@attribution-bench/method-${id}`] = manifest.version;
  tree.write(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** As `npm install` links workspaces; left to it where nothing is installed yet. */
function link(root, id, folder) {
  const scope = join(root, 'node_modules', '@attribution-bench');
  const name = join(scope, `method-${id}`);
  if (existsSync(scope) && !existsSync(name)) symlinkSync(join('..', '..', folder), name, 'junction');
}

function titleOf(id) {
  return id.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase());
}

function nextSteps(id, folder) {
  return `
Next:
  npx tsc -b ${folder} && npx vitest run ${folder}
      the contract tests, green from the start
  edit ${folder}/src/${id}.ts until it is your method, and its test and README with it
  add "- use: ${id}" under methods: of a grid file and run it (npx bench list methods ${id} prints its parameters)
  npm install
      enters the package into package-lock.json, which is to be committed`;
}
