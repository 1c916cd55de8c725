// Usage: check-manifests.mjs [workspace]
// Holds the manifest of every package to one shape, and their versions and dependencies to each other and to the layers.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const { layerOf, mayImport } = createRequire(import.meta.url)('../layers.cjs');
const scope = '@attribution-bench/';
const workspace = resolve(process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url)));
const read = (...path) => readFileSync(join(workspace, ...path), 'utf8');
const root = JSON.parse(read('package.json'));
const license = read('LICENSE');

const names = readdirSync(join(workspace, 'packages'));
const problems = names.filter(isNode).flatMap((name) => {
  const manifest = JSON.parse(read('packages', name, 'package.json'));
  return problemsOf(name, manifest).map((problem) => `packages/${name}/package.json ${problem}`);
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function isNode(name) {
  return existsSync(join(workspace, 'packages', name, 'package.json'));
}

function problemsOf(name, manifest) {
  const has = (file) => existsSync(join(workspace, 'packages', name, file));
  const wrong = (condition, problem) => (condition ? [problem] : []);
  const { version, engines, license: id } = root;
  const { description, keywords = [], exports = {}, files = [] } = manifest;
  return [
    ...wrong(manifest.name !== scope + name, `must be named "${scope}${name}", after its folder`),
    ...wrong(manifest.version !== version, `must have version ${version}, as the workspace`),
    ...wrong(manifest.private === true, 'must not be private: every package is published'),
    ...wrong(!description, 'must have a description'),
    ...wrong(!keywords.includes('data-attribution'), 'must have keywords, "data-attribution" among them'),
    ...wrong(manifest.license !== id, `must have license ${id}`),
    ...wrong(manifest.type !== 'module', 'must have type "module"'),
    ...wrong(manifest.engines?.node !== engines.node, `must have engines.node "${engines.node}", as the workspace`),
    ...wrong(manifest.scripts !== undefined, 'must have no scripts: targets come from tools/plugins'),
    ...wrong(manifest.bin === undefined && exports['.'] === undefined, 'must export "." or have a bin'),
    ...Object.entries(exports).flatMap(([path, target]) => exportProblems(path, target, has)),
    ...['dist', 'src', '!**/*.tsbuildinfo']
      .filter((entry) => !files.includes(entry))
      .map((entry) => `must list "${entry}" in files`),
    ...wrong(!has('README.md'), 'needs a README.md beside it'),
    ...wrong(
      !has('LICENSE') || read('packages', name, 'LICENSE') !== license,
      'needs the LICENSE of the workspace beside it',
    ),
    ...dependencyProblems(name, manifest),
    ...(name === 'bench' ? methodProblems(manifest) : []),
  ];
}

/** Every export names its source, for tests of the workspace, its types and its built module, in this order. */
function exportProblems(path, target, has) {
  if (path === './package.json') return [];
  const { source = '' } = target;
  const built = source.replace('./src/', './dist/').replace(/\.ts$/, '');
  const expected = { source, types: `${built}.d.ts`, default: `${built}.js` };
  if (JSON.stringify(target) !== JSON.stringify(expected)) {
    return [`must export "${path}" as source (./src/….ts), types and default (./dist/… of that source)`];
  }
  return has(source) ? [] : [`exports ${source}, which does not exist`];
}

/** Packages of the workspace are asked for in its exact version, and only in the layers below. */
function dependencyProblems(name, { dependencies = {}, optionalDependencies = {}, devDependencies = {} }) {
  const allowed = mayImport[layerOf(name)];
  const own = (group) => Object.entries(group).filter(([dependency]) => dependency.startsWith(scope));
  return [
    ...own({ ...dependencies, ...optionalDependencies })
      .map(([dependency]) => dependency.slice(scope.length))
      .filter((dependency) => !allowed.includes(dependency) && !(name === 'bench' && dependency.startsWith('method-')))
      .map((dependency) => `must not depend on ${dependency}: its layer in tools/layers.cjs does not`),
    ...own({ ...dependencies, ...optionalDependencies, ...devDependencies })
      .filter(([, version]) => version !== root.version)
      .map(([dependency, version]) => `asks for ${dependency} ${version}, the workspace has ${root.version}`),
  ];
}

/** Whoever installs the command gets every method of this project with it; nothing imports them. */
function methodProblems({ dependencies = {} }) {
  return names
    .filter((name) => name.startsWith('method-') && isNode(name) && dependencies[scope + name] === undefined)
    .map((name) => `must depend on ${scope}${name}: it brings all methods`);
}
