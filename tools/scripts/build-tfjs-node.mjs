// Usage: build-tfjs-node.mjs [--wheel FILE]
// Builds the native part of @tensorflow/tfjs-node in node_modules, where its own installer cannot download it: TensorFlow's
// libraries and headers come from the Python package tensorflow-cpu (a wheel of 207 MB, from PyPI by pip, or FILE), and its
// binding is compiled against them. Needs Linux on x86-64, g++ and Node's headers; without FILE also python3 with pip.
// Does nothing where the library loads already. Ends with one line that says what came of it, and with 1 when it failed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const wheel = {
  package: 'tensorflow-cpu==2.15.1',
  python: '3.11',
  platform: 'manylinux2014_x86_64',
  sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
};
/** The libraries in the wheel, and the names under which the linker and the binding look for them. */
const libraries = {
  'libtensorflow_cc.so.2': 'libtensorflow.so',
  'libtensorflow_framework.so.2': 'libtensorflow_framework.so',
};
const headers = ['tensorflow/c/', 'tensorflow/core/platform/', 'tsl/'];

class Failure extends Error {}

try {
  console.log(build(parseArgs({ options: { wheel: { type: 'string' } } }).values.wheel));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.log(`@tensorflow/tfjs-node was not built: ${error.message}`);
  process.exitCode = 1;
}

function build(given) {
  const folder = packageFolder();
  const own = createRequire(join(folder, 'package.json'));
  const binding = own('@mapbox/node-pre-gyp').find(join(folder, 'package.json'));
  if (existsSync(binding)) {
    requireLoading(folder);
    return '@tensorflow/tfjs-node is built already';
  }
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Failure(`this script knows linux x64 only, not ${process.platform} ${process.arch}`);
  const nodeHeaders = findNodeHeaders();
  run('g++', ['--version'], 'g++ is not installed');
  const scratch = mkdtempSync(join(folder, 'building-'));
  try {
    const archive = given === undefined ? download(scratch) : resolve(given);
    unpack(own('adm-zip'), archive, join(folder, 'deps'));
    compile(folder, nodeHeaders, join(scratch, 'tfjs_binding.node'));
    mkdirSync(dirname(binding), { recursive: true });
    renameSync(join(scratch, 'tfjs_binding.node'), binding);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  requireLoading(folder);
  return '@tensorflow/tfjs-node is built';
}

function packageFolder() {
  const folder = resolve(import.meta.dirname, '../../node_modules/@tensorflow/tfjs-node');
  if (!existsSync(folder))
    throw new Failure(
      'it is not in node_modules, run npm install --ignore-scripts --no-save @tensorflow/tfjs-node@4.22.0',
    );
  return folder;
}

function findNodeHeaders() {
  const places = [dirname(dirname(process.execPath)), process.config.variables.node_prefix, '/usr'];
  const found = places
    .map((place) => join(place ?? '/', 'include/node'))
    .find((place) => existsSync(join(place, 'node_api.h')));
  if (found === undefined)
    throw new Failure(`the headers of Node.js (node_api.h) are not installed beside ${process.execPath}`);
  return found;
}

/** The path of the wheel in `folder`. */
function download(folder) {
  const only = ['--no-deps', '--only-binary=:all:', '--platform', wheel.platform, '--python-version', wheel.python];
  const why = `python3 -m pip could not download ${wheel.package}`;
  run('python3', ['-m', 'pip', 'download', '--quiet', ...only, '--dest', folder, wheel.package], why);
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.whl')),
  );
}

/** Writes libraries and headers of the wheel into the `deps` folder. */
function unpack(AdmZip, archive, deps) {
  const bytes = readFileSync(archive);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== wheel.sha256)
    throw new Failure(`${archive} is not the wheel of ${wheel.package} that this script knows`);
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(join(deps, 'lib'), { recursive: true });
  for (const entry of new AdmZip(bytes).getEntries()) {
    const path = entry.entryName.replace(/^tensorflow\//, '');
    const header = path.replace(/^include\//, '');
    if (path in libraries) {
      writeFileSync(join(deps, 'lib', path), entry.getData());
      symlinkSync(path, join(deps, 'lib', libraries[path]));
    } else if (header !== path && header.endsWith('.h') && headers.some((start) => header.startsWith(start))) {
      mkdirSync(dirname(join(deps, path)), { recursive: true });
      writeFileSync(join(deps, path), entry.getData());
    }
  }
}

/** As the package's own binding.gyp compiles it. */
function compile(folder, nodeHeaders, output) {
  const defined = ['NAPI_VERSION=8', 'NODE_GYP_MODULE_NAME=tfjs_binding', 'BUILDING_NODE_EXTENSION'];
  const flags = ['-shared', '-fPIC', '-O2', '-std=c++17', '-w', ...defined.map((name) => `-D${name}`)];
  const included = ['deps/include', '.', nodeHeaders].flatMap((place) => ['-I', resolve(folder, place)]);
  const sources = ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'];
  const linked = ['-L', 'deps/lib', '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib'];
  run('g++', [...flags, ...included, ...sources, ...linked, '-o', output], 'g++ could not compile its binding', folder);
}

function requireLoading(folder) {
  const program = `const tf = require(${JSON.stringify(folder)}); if (tf.matMul([[2]], [[3]]).dataSync()[0] !== 6) process.exit(1)`;
  run(process.execPath, ['-e', program], 'its library does not load or compute');
}

/** Runs a program; throws a Failure with what it said when that fails. */
function run(program, args, why, cwd = process.cwd()) {
  try {
    execFileSync(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const said = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .at(-1);
    throw new Failure(`${why} (${said})`);
  }
}
