const { manifest, projectConfig, readme, source, test } = require('./templates.cjs');

const idPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Writes packages/method-<id> and adds it to the root tsconfig.json. The runner finds it by its package name. */
module.exports = async function method(tree, { id, title = titleOf(id), cite = 'unpublished' }) {
  const folder = `packages/method-${id}`;
  if (!idPattern.test(id))
    throw new Error(`"${id}" is no method id: lower-case words joined by dashes, e.g. tracin-cp`);
  if (tree.exists(folder)) throw new Error(`${folder} exists already: choose another id, or edit that method`);
  const named = { id, title, cite };
  tree.write(`${folder}/package.json`, manifest(named));
  tree.write(`${folder}/tsconfig.json`, projectConfig());
  tree.write(`${folder}/src/${id}.ts`, source(named));
  tree.write(`${folder}/test/${id}.test.ts`, test(named));
  tree.write(`${folder}/README.md`, readme(named));
  addReference(tree, folder);
  return () => console.log(nextSteps(id, folder));
};

function addReference(tree, folder) {
  const config = JSON.parse(tree.read('tsconfig.json', 'utf-8'));
  config.references.push({ path: folder });
  tree.write('tsconfig.json', `${JSON.stringify(config, undefined, 2)}\n`);
}

function titleOf(id) {
  return id.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase());
}

function nextSteps(id, folder) {
  return `
Next:
  npm install                          links the new package
  npx tsc -b && npx vitest run ${folder}
                                       the contract tests, green from the start
  edit ${folder}/src/${id}.ts         until it is your method
  add "- use: ${id}" under methods: of a grid file and run it`;
}
