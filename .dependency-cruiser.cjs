const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { layerOf, mayImport, runnerFolders } = require('./tools/layers.cjs');

// A folder without a manifest holds no JavaScript: packages/python-client.
const packages = readdirSync('packages').filter((name) => existsSync(`packages/${name}/package.json`));
const layerRules = packages.flatMap((name) => {
  const layer = layerOf(name);
  const allowed = mayImport[layer];
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'));
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
    .filter((dependency) => dependency.startsWith('@attribution-bench/'))
    .map((dependency) => dependency.slice('@attribution-bench/'.length));
  return [
    onlyPackages(
      `layer-of-${name}`,
      name,
      allowed,
      `sources of a ${layer} import ${allowed.join(', ') || 'no package'}`,
    ),
    onlyPackages(`declared-by-${name}`, name, declared, `packages/${name}/package.json must declare it`),
  ];
});

function onlyPackages(rule, name, allowed, comment) {
  return {
    name: rule,
    comment,
    severity: 'error',
    from: { path: `^packages/${name}/src/` },
    to: { path: '^packages/', pathNot: [name, ...allowed].map((other) => `^packages/${other}/`) },
  };
}

// One that is not listed may import nothing, so that a new folder is given its place.
const folders = readdirSync('packages/runner/src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
const runnerRules = folders.map(({ name }) => {
  const before = runnerFolders.slice(0, Math.max(0, runnerFolders.indexOf(name)));
  return {
    name: `runner-folder-${name}`,
    comment: `sources of ${name} import ${before.join(', ') || 'no other folder'}`,
    severity: 'error',
    from: { path: `^packages/runner/src/${name}/` },
    to: {
      path: '^packages/runner/src/',
      pathNot: [name, ...before].map((folder) => `^packages/runner/src/${folder}/`),
    },
  };
});

module.exports = {
  forbidden: [
    ...layerRules,
    ...runnerRules,
    {
      name: 'nobody-imports-a-method',
      comment: 'the runner loads methods by package name from the grid file',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/method-', pathNot: '^packages/$1/' },
    },
    {
      name: 'methods-compute-with-tensorflow-only',
      severity: 'error',
      from: { path: '^packages/method-[^/]+/src/' },
      to: { path: '^node_modules/', pathNot: '^node_modules/@tensorflow/tfjs' },
    },
    {
      name: 'one-door-to-onnxruntime',
      comment: 'its telemetry must be off before it is loaded',
      severity: 'error',
      from: { pathNot: '^packages/onnx/src/(session|devices/(device-loop|try-device))[.]ts$' },
      to: { path: '^node_modules/onnxruntime-' },
    },
    {
      name: 'no-undeclared-dependency',
      comment: 'every import of the sources stands in the package.json of its own package',
      severity: 'error',
      from: { path: '^(packages/[^/]+/src|tools)/' },
      to: {
        path: '^node_modules/',
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'unknown', 'undetermined'],
      },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-circular', comment: 'type imports included', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^packages/[^/]+/dist/' },
    combinedDependencies: false,
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'types', 'import', 'require', 'node', 'default'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
    },
  },
};
