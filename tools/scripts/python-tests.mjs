// Runs the tests of packages/python-client. Where Python, NumPy or pytest is missing it says so and counts as passed.
//   node tools/scripts/python-tests.mjs [arguments of pytest]
// PYTHON names the interpreter; without it the first of python3 and /usr/bin/python3 that has what is needed is taken.
import { spawnSync } from 'node:child_process';

const folder = new URL('../../packages/python-client', import.meta.url);
const candidates = process.env.PYTHON === undefined ? ['python3', '/usr/bin/python3'] : [process.env.PYTHON];

/** What an interpreter lacks, if anything. */
function lacking(python) {
  const runs = (code) => spawnSync(python, ['-c', code]).status === 0;
  if (!runs('import sys; sys.exit(sys.version_info < (3, 9))')) return 'Python 3.9 or later';
  return ['numpy', 'pytest'].find((name) => !runs(`import ${name}`));
}

const python = candidates.find((candidate) => lacking(candidate) === undefined);
if (python === undefined) {
  const reasons = candidates.map((candidate) => `${candidate} has no ${lacking(candidate)}`);
  console.log(`skipped the tests of packages/python-client: ${reasons.join(', ')}`);
} else {
  const { status } = spawnSync(python, ['-m', 'pytest', '-rs', ...process.argv.slice(2)], {
    cwd: folder,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
