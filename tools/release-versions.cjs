const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { VersionActions } = require('nx/release');

const groups = ['dependencies', 'optionalDependencies', 'devDependencies'];
const json = (value) => `${JSON.stringify(value, undefined, 2)}\n`;

/**
 * How `nx release` raises the one version that all packages share: in every manifest, in what the packages ask of each
 * other, and in package-lock.json, without asking a registry.
 */
class ManifestVersions extends VersionActions {
  validManifestFilenames = ['package.json'];

  #manifest(tree) {
    return JSON.parse(tree.read(join(this.projectGraphNode.data.root, 'package.json'), 'utf-8'));
  }

  /** Applies `change` to the manifest and to its copy in the lock file. */
  #edit(tree, change) {
    const { root } = this.projectGraphNode.data;
    const path = join(root, 'package.json');
    const manifest = this.#manifest(tree);
    change(manifest);
    tree.write(path, json(manifest));
    const lock = JSON.parse(tree.read('package-lock.json', 'utf-8'));
    change(lock.packages[root === '.' ? '' : root]);
    if (root === '.') lock.version = manifest.version;
    tree.write('package-lock.json', json(lock));
  }

  async readCurrentVersionFromSourceManifest(tree) {
    const { root } = this.projectGraphNode.data;
    return { currentVersion: this.#manifest(tree).version, manifestPath: join(root, 'package.json') };
  }

  async readCurrentVersionFromRegistry() {
    return null;
  }

  async readCurrentVersionOfDependency(tree, projectGraph, dependency) {
    const name = projectGraph.nodes[dependency].data.metadata?.js?.packageName ?? dependency;
    const manifest = this.#manifest(tree);
    const dependencyCollection = groups.find((group) => manifest[group]?.[name] !== undefined) ?? null;
    const currentVersion = dependencyCollection === null ? null : manifest[dependencyCollection][name];
    return { currentVersion, dependencyCollection };
  }

  async updateProjectVersion(tree, version) {
    this.#edit(tree, (manifest) => {
      manifest.version = version;
    });
    return [`Version ${version} written to ${this.projectGraphNode.data.root}/package.json and package-lock.json`];
  }

  async updateProjectDependencies(tree, projectGraph, versions) {
    const named = Object.entries(versions).map(([project, version]) => [
      projectGraph.nodes[project].data.metadata?.js?.packageName ?? project,
      version,
    ]);
    this.#edit(tree, (manifest) => {
      for (const group of groups) {
        for (const [name, version] of named) {
          if (manifest[group]?.[name] !== undefined) manifest[group][name] = version;
        }
      }
    });
    return [`${named.length} dependencies updated in ${this.projectGraphNode.data.root}/package.json`];
  }
}

/** Gives the unreleased section of the changelog, and the citation, the version and the day of the release. */
async function afterAllProjectsVersioned(cwd, { dryRun }) {
  if (dryRun) return { changedFiles: [], deletedFiles: [] };
  const { version } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  const day = new Date().toISOString().slice(0, 10);
  replaceIn(join(cwd, 'CHANGELOG.md'), /^## .*unreleased.*$/im, `## ${version} (${day})`);
  replaceIn(join(cwd, 'CITATION.cff'), /^version: .*$/m, `version: ${version}`);
  return { changedFiles: ['CHANGELOG.md', 'CITATION.cff'], deletedFiles: [] };
}

function replaceIn(file, pattern, replacement) {
  const text = readFileSync(file, 'utf8');
  if (!pattern.test(text)) throw new Error(`${file} has no line that matches ${pattern}: write it, then release`);
  writeFileSync(file, text.replace(pattern, replacement));
}

module.exports = ManifestVersions;
module.exports.afterAllProjectsVersioned = afterAllProjectsVersioned;
